"""The audit log: a closed list, lines that stay, and a chain that names the first line which does not fit."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.db import connection

from accounts import audit
from accounts.models import AuditLine
from clawdsite.core.config import live
from tests.accounts.people.coming import config
from tests.house import tree
from tests.proof import proves

pytestmark = pytest.mark.django_db


@pytest.fixture
def lines(db: None) -> list[AuditLine]:
    """Five lines."""
    return [
        audit.record("root", "team.role", f"person:{number}", {"team": "团队", "n": number, "p": None}, "::1")
        for number in range(5)
    ]


def sql(statement: str, *words: object) -> None:
    """What somebody does who is at the database itself."""
    with connection.cursor() as cursor:
        cursor.execute(statement, words)


class TestWriting:
    def test_an_act_that_is_not_in_the_list_is_no_act(self) -> None:
        with pytest.raises(ValueError, match="team.painted is not an action"):
            audit.record("root", "team.painted")
        assert not AuditLine.objects.exists()

    def test_each_line_is_tied_to_the_one_before(self, lines: list[AuditLine]) -> None:
        assert lines[0].previous == audit.FIRST
        assert [line.previous for line in lines[1:]] == [line.hash for line in lines[:-1]]
        assert audit.verify() is None

    def test_long_words_are_cut_before_they_are_sealed(self) -> None:
        audit.record("a" * 999, "sync.refused", "t" * 999, {}, "x" * 999)
        assert audit.verify() is None
        line = AuditLine.objects.get()
        assert (len(line.actor), len(line.target), len(line.address)) == (200, 300, 64)

    def test_what_a_database_spells_anew_is_sealed_as_text(self) -> None:
        details = {"f": 1e16, "g": 0.1, "path": Path("a/b"), "deep": [{"h": -0.0}], "no": float("inf")}
        line = audit.record("root", "sync.refused", details=details)
        assert line.details["f"] == "1e+16"
        assert line.details["deep"] == [{"h": "-0.0"}]
        assert audit.verify() is None

    def test_an_empty_log_is_whole(self) -> None:
        assert audit.verify() is None


def written(path: Path) -> set[str]:
    """Acts that a file of the product writes down by name."""
    calls = [node for node in ast.walk(tree.parsed(path)) if isinstance(node, ast.Call)]
    acts = [node.args[1] for node in calls if ast.unparse(node.func) == "audit.record" and len(node.args) > 1]
    return {act.value for act in acts if isinstance(act, ast.Constant)}


def test_every_act_that_the_product_writes_down_is_in_the_list() -> None:
    acts = set().union(*map(written, tree.python(*tree.PRODUCT)))
    assert len(acts) > 10
    assert acts <= audit.ACTIONS


class TestStaying:
    def test_lines_refuse_to_change_and_to_go(self, lines: list[AuditLine]) -> None:
        line = AuditLine.objects.get(pk=lines[0].pk)
        line.actor = "mallory"
        for act in (line.save, line.delete, AuditLine.objects.all().delete):
            with pytest.raises(TypeError, match="audit lines are never"):
                act()
        with pytest.raises(TypeError, match="never changed"):
            AuditLine.objects.update(actor="mallory")
        assert audit.verify() is None


class TestVerify:
    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("actor", "mallory"),
            ("action", "team.left"),
            ("target", "person:9"),
            ("details", '{"team": "team-y"}'),
            ("address", "192.0.2.1"),
            ("at", "2020-01-01 00:00:00+00:00"),
            ("previous", "1" * 64),
            ("hash", "2" * 64),
        ],
    )
    @proves("hard-H47")
    def test_a_line_that_was_altered_is_named(self, lines: list[AuditLine], column: str, value: str) -> None:
        sql(f"UPDATE accounts_auditline SET {column} = %s WHERE id = %s", value, lines[2].pk)
        broken = audit.verify()
        assert broken is not None
        assert str(broken) == f"line {lines[2].pk}: was altered after it was written"

    @pytest.mark.parametrize("gone", [0, 1, 3])
    @proves("hard-H47")
    def test_a_line_that_is_missing_is_noticed_at_the_next(self, lines: list[AuditLine], gone: int) -> None:
        sql("DELETE FROM accounts_auditline WHERE id = %s", lines[gone].pk)
        broken = audit.verify()
        assert broken is not None
        assert broken.line == lines[gone + 1].pk
        assert "removed or moved" in broken.why

    @proves("hard-H47")
    def test_lines_that_changed_places_are_noticed(self, lines: list[AuditLine]) -> None:
        first, second = lines[1].pk, lines[2].pk
        for old, new in ((first, 0), (second, first), (0, second)):
            sql("UPDATE accounts_auditline SET id = %s WHERE id = %s", new, old)
        broken = audit.verify()
        assert broken is not None
        assert broken.line == first

    @proves("hard-H47")
    def test_a_line_of_another_key_does_not_fit(self, lines: list[AuditLine]) -> None:
        """Whoever has the database alone cannot make a line."""
        with live.override(config(auth={"pepper": "another pepper of thirty-two bytes and more"})):
            broken = audit.verify()
        assert broken is not None
        assert broken.line == lines[0].pk

    def test_what_is_missing_at_the_end_no_chain_can_tell(self, lines: list[AuditLine]) -> None:
        sql("DELETE FROM accounts_auditline WHERE id = %s", lines[-1].pk)
        assert audit.verify() is None
