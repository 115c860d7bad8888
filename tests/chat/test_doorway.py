"""Which cookie opens a socket."""

from __future__ import annotations

import pytest

from accounts.models import User
from chat.doorway import NotLetIn, let_in, session_key

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


@pytest.mark.django_db
@pytest.mark.parametrize(("active", "close"), [(True, 4401), (False, 4403)])
def test_who_is_switched_off_is_told_so_also_where_the_session_is_gone(active: bool, close: int) -> None:
    """Another call of theirs came first and put it away."""
    user = User.objects.create_user("alice", is_active=active)
    with pytest.raises(NotLetIn) as refused:
        let_in([(b"cookie", f"clawdbot={KEY}".encode())], str(user.pk))
    assert refused.value.close == close
