"""Which cookie opens a socket."""

from __future__ import annotations

import pytest

from chat.doorway import session_key

KEY = "0123456789abcdefghijklmnopqrstuv"


@pytest.mark.parametrize(
    ("cookie", "found"),
    [
        (f"clawdbot={KEY}", KEY),
        (f"a=b; clawdbot={KEY}", KEY),
        (f'clawdbot="{KEY}"', KEY),
        (f'clawdbot="\\000{KEY[1:]}"', None),  # NUL: no database is asked about it
        (f"clawdbot={KEY.upper()}", None),
        (f"clawdbot={KEY}x", None),
        ("clawdbot=", None),
        ("other=1", None),
    ],
)
def test_what_cannot_be_a_sessions_name_is_none(cookie: str, found: str | None) -> None:
    assert session_key([(b"cookie", cookie.encode())]) == found
