"""`clawdbot audit verify`: how many lines, or which one was altered."""

from __future__ import annotations

import argparse

import pytest
from django.db import connection

from accounts import audit
from accounts.pepper import PepperError
from clawdsite.cli import audit as command
from tests.proof import proves

pytestmark = pytest.mark.django_db


def verify(head: str = "") -> int:
    return command.run(argparse.Namespace(action="verify", head=head))


def test_a_whole_log_is_said_to_be_whole(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(3):
        audit.record("root", "sync.refused")
    assert verify() == 0
    assert capsys.readouterr().out == "3 lines, whole\n"


def test_the_line_that_was_altered_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    _, line, _ = (audit.record("root", "sync.refused") for _ in range(3))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_auditline SET actor = 'bob' WHERE id = %s", [line.pk])
    assert verify() == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert f"line {line.pk}: was altered after it was written" in said.err


def test_without_a_pepper_nobody_can_tell(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(head: str) -> None:
        raise PepperError("var/pepper.key: shorter than 32 bytes; put the file back that was here")

    monkeypatch.setattr(audit, "verify", away)
    assert verify() == 1
    assert "put the file back" in capsys.readouterr().err


@proves("hard-H47")
def test_who_kept_the_head_notices_what_is_missing_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [audit.record("root", "sync.refused") for _ in range(3)]
    assert command.run(argparse.Namespace(action="head")) == 0
    head = capsys.readouterr().out.strip()
    audit.record("root", "sync.refused")
    assert verify(head) == 0
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_auditline WHERE id >= %s", [lines[2].pk])
    assert verify() == 0
    assert verify(head) == 1
    assert f"line {lines[1].pk}: is the last one" in capsys.readouterr().err
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_auditline")
    assert verify(head) == 1
