"""The log: one record a line, nothing that should not be in it (S33, S36, M18, H-49)."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from clawdsite.core import log, redact
from clawdsite.core.config import live
from clawdsite.core.config.schema import Auth, Config, JwtIssuer, Logging, Upstream
from clawdsite.core.errors import NotFound
from tests.proof import proves

SECRET = "a-shared-secret-of-32-bytes-0000"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLW9mLWFsaWNl"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the log writes; the configuration holds secrets."""
    config = Config(
        mode="development",
        database_url=SecretStr("postgres://clawd:p%40ssw0rd-of-db@db/clawd"),
        auth=Auth(jwt=(JwtIssuer(name="sso", secret=SecretStr(SECRET)),)),
        upstream=Upstream(authorization=SecretStr("Bearer upstream-door-key")),
    )
    buffer = io.StringIO()
    monkeypatch.setattr(log.Console, "stream", property(lambda _: buffer))
    with live.override(config):
        log.configure(config)
        yield buffer
    log.configure(live.current())


def lines(written: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


@proves("promise-S36", "hard-H49")
def test_a_record_is_one_json_line_with_the_request_id(written: Any) -> None:
    token = log.request_id.set("req_1")
    logging.getLogger("gateway.x").info("two\nlines\x1b[31m\u2028\u202e", extra={"fields": {"n": 1}})
    log.request_id.reset(token)
    raw = written.getvalue()
    assert raw.count("\n") == 1
    assert raw.isascii()
    assert raw.rstrip("\n").isprintable()
    (line,) = lines(written)
    assert line["message"].startswith("two\nlines")
    assert (line["level"], line["logger"], line["request_id"], line["n"]) == ("info", "gateway.x", "req_1", 1)
    assert line["time"].endswith("Z")


PLANTED = [
    f"Authorization: Bearer {JWT}",
    f"token {JWT}",
    f"half of one: {JWT[:40]}",
    "authorization=Bearer abcdefghijkl",
    "Authorization: Basic YWxpY2U6c2VjcmV0",
    "Cookie: clawdbot=abcdefghijklmnop; theme=dark",
    "Set-Cookie: __Host-clawdbot=abcdefghijklmnop; Path=/",
    "{'cookie': 'clawdbot=abcdefghijklmnop'}",
    "api-key: abcdefghijklmnop",
    '{"client_secret": "abcdefghijklmnop"}',
    "/callback?access_token=abcdefghijklmnop&state=1",
    "sk-abcdefghijklmnop1234",
    "password=abcdefghijklmnop",
    f"the secret is {SECRET}",
    "postgres://clawd:p%40ssw0rd-of-db@db/clawd",
    "password p@ssw0rd-of-db refused",
    "sent upstream-door-key",
    "-----BEGIN RSA PRIVATE KEY-----\nabcdefghijklmnop\n-----END RSA PRIVATE KEY-----",
]
NEVER = (
    *("abcdefghijkl", JWT[10:36], "YWxpY2U6c2VjcmV0", SECRET, "p%40ssw0rd-of-db", "p@ssw0rd-of-db"),
    "upstream-door-key",
)


@pytest.mark.parametrize("planted", PLANTED)
@proves("promise-M18")
def test_a_planted_secret_is_found_in_no_record(written: Any, planted: str) -> None:
    logger = logging.getLogger("clawdsite.x")
    logger.warning("seen: %s", planted)
    logger.warning("field", extra={"fields": {"path": planted, "nested": {"deep": [planted]}}})
    try:
        raise OSError(planted)
    except OSError:
        logger.exception("failed")
    logging.getLogger("some.library").error(planted)
    assert len(lines(written)) == 4
    for secret in NEVER:
        assert secret not in written.getvalue()
        assert json.dumps(secret)[1:-1] not in written.getvalue()


@proves("promise-M18")
def test_a_secret_of_yesterdays_configuration_stays_out(written: Any) -> None:
    logging.getLogger("clawdsite.x").warning("warm up")
    with live.override(Config(mode="development")):
        logging.getLogger("clawdsite.x").warning("still %s", SECRET)
    assert SECRET not in written.getvalue()


@pytest.mark.parametrize(
    "harmless",
    [
        "the token is expired",
        "12 tokens a second",
        "auth.jwt.secret is empty",
        "max_tokens: 5",
        "a session ended",
    ],
)
def test_ordinary_words_stay(written: Any, harmless: str) -> None:
    assert redact.text(harmless) == harmless


def test_a_tree_keeps_its_shape_and_loses_its_secrets(written: Any) -> None:
    tree = {
        "api_key": "abc",
        "max_tokens": 5,
        "messages": [{"content": f"my key is sk-{'x' * 30}"}],
        "token": None,
    }
    assert redact.tree(tree) == {
        "api_key": "[redacted]",
        "max_tokens": 5,
        "messages": [{"content": "my key is [redacted]"}],
        "token": None,
    }


@proves("promise-M18", "hard-H35")
def test_an_exception_is_told_by_type_and_place_not_by_what_it_quotes(written: Any) -> None:
    try:
        try:
            raise KeyError("what alice said")
        except KeyError as inner:
            raise ValueError("what bob said") from inner
    except ValueError:
        logging.getLogger("gateway.x").exception("failed")
    error = lines(written)[0]["error"]
    assert error[0] == "ValueError"
    assert any(part.startswith("caused by KeyError") for part in error)
    assert any(__file__ in part for part in error)
    assert "alice" not in written.getvalue()
    assert "bob" not in written.getvalue()


def test_our_own_and_the_systems_errors_keep_their_words(written: Any) -> None:
    for error in (NotFound("There is nothing here."), OSError(2, "No such file", "x.yaml")):
        logging.getLogger("gateway.x").error("failed", exc_info=error)
    assert [line["error"][0].split(": ")[0] for line in lines(written)] == ["NotFound", "FileNotFoundError"]
    assert "There is nothing here." in written.getvalue()


def test_a_level_holds_for_ours_and_others_stay_quiet(written: Any) -> None:
    log.configure(Config(mode="development", logging=Logging(level="debug")))
    logging.getLogger("gateway.x").debug("ours")
    logging.getLogger("aiohttp.client").debug("theirs")
    logging.getLogger("django.db.backends").debug("SELECT %s", "alice")
    assert [line["message"] for line in lines(written)] == ["ours"]


def test_text_for_a_console_is_one_line_without_control_characters(written: Any) -> None:
    log.configure(Config(mode="development", logging=Logging(format="text")))
    logging.getLogger("gateway.x").warning(
        "hello\x1b[2J 你好", extra={"fields": {"path": "/a\nb", "none": None}}
    )
    text = written.getvalue()
    assert text.count("\n") == 1
    assert "\x1b" not in text
    assert "你好" in text
    assert "path=/a\\nb" in text
    assert "none" not in text


def test_a_record_that_cannot_be_written_is_dropped_without_a_word(written: Any, capfd: Any) -> None:
    record = logging.LogRecord("x", logging.ERROR, __file__, 1, "too %s few", ("what", "alice said"), None)
    console = log.Console()
    console.setFormatter(log.JsonFormatter())
    console.handle(record)
    assert written.getvalue() == ""
    assert "alice" not in "".join(capfd.readouterr())
