"""`clawdbot audit verify`: how many lines, or which one was altered."""

from __future__ import annotations

import argparse

import pytest
from django.db import connection

from accounts import audit
from accounts.pepper import PepperError
from clawdsite.cli import audit as command

pytestmark = pytest.mark.django_db


def verify() -> int:
    return command.run(argparse.Namespace(action="verify"))


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
    def away() -> None:
        raise PepperError("var/pepper.key: shorter than 32 bytes; put the file back that was here")

    monkeypatch.setattr(audit, "verify", away)
    assert verify() == 1
    assert "put the file back" in capsys.readouterr().err
