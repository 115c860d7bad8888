"""`python -m tests.e2e.acts config.yaml`: what tests/e2e/hands.py asks for, done in the gateway's database.

Ends when its standard input does.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

PASSWORD = "what only tests know"
ACTS: dict[str, Callable[..., Any]] = {}

# name -> display name, teams with the role there, groups (of the provider's scope_map; none: everything)
PEOPLE: dict[str, tuple[str, dict[str, str], list[str]]] = {
    "alice": ("Alice", {"team-a": "member"}, []),
    "bob": ("Bob", {"team-a": "member"}, []),
    "lena": ("Lena", {"team-a": "lead"}, []),
    "charlie": ("Charlie", {"team-b": "member"}, []),
    "reader": ("Rita", {"team-a": "member"}, ["readers"]),
    "writer": ("Walter", {"team-a": "member"}, ["writers"]),
    "stranger": ("Sam", {}, ["strangers"]),
    "admin": ("Ada", {"team-a": "member"}, []),
}


def act(function: Callable[..., Any]) -> Callable[..., Any]:
    ACTS[function.__name__] = function
    return function


@cache
def _password() -> str:
    """Hashed once: to do so is slow on purpose."""
    from django.contrib.auth.hashers import make_password

    return make_password(PASSWORD)


@act
def people() -> dict[str, str]:
    """Forget all conversations and people, then make those of PEOPLE anew -> their ids.

    Everybody's password is PASSWORD.
    """
    from django.contrib.auth.models import Group
    from django.contrib.sessions.models import Session
    from django.db import transaction

    from accounts.models import ExternalIdentity, Membership, Team, User
    from chat.models import Conversation, Generation, Image

    with transaction.atomic():
        for model in (Generation, Conversation, Image, Membership, ExternalIdentity, User, Session):
            model.objects.all().delete()
        found = {}
        for name, (shown, teams, groups) in PEOPLE.items():
            user = User.objects.create(
                username=name,
                display_name=shown,
                password=_password(),
                is_staff=name == "admin",
                is_superuser=name == "admin",
            )
            for slug, role in teams.items():
                team, _ = Team.objects.get_or_create(slug=slug)
                Membership.objects.create(user=user, team=team, role=role)
            for group in groups:
                user.groups.add(Group.objects.get_or_create(name=group)[0])
            found[name] = str(user.pk)
    return found


@act
def cookie(name: str) -> str:
    """The cookie of a new session of this person."""
    from django.http import HttpRequest

    from accounts.models import User
    from accounts.signin import sessions

    request = HttpRequest()
    request.session = sessions.store("")
    sessions.open_for(request, User.objects.get(username=name))
    request.session.save()
    return str(request.session.session_key)


@act
def end_sessions(name: str) -> None:
    """Sign this person out everywhere."""
    from accounts import services
    from accounts.models import User

    services.sign_out_everywhere(User.objects.get(username=name), "root")


@act
def let_end(name: str, left: float) -> None:
    """This person's sessions reach their absolute end in so many seconds."""
    from django.contrib.auth import SESSION_KEY
    from django.contrib.sessions.models import Session

    from accounts.models import User
    from accounts.signin import sessions
    from clawdsite.core.config.live import current

    person = str(User.objects.get(username=name).pk)
    for row in Session.objects.all():
        session = sessions.store(row.session_key)
        if session.get(SESSION_KEY) == person:
            at = time.time() + left - current().session.absolute
            session[sessions.FACTS] = {**session[sessions.FACTS], "at": at}
            session.save()


@act
def deactivate(name: str) -> None:
    from accounts import services
    from accounts.models import User

    services.deactivate(User.objects.get(username=name), "root", reason="left")


@act
def join(name: str, team: str, role: str = "member") -> None:
    """Put this person into a team, which is made where it is not there."""
    from accounts import services
    from accounts.models import Team, User

    services.add_member(
        Team.objects.get_or_create(slug=team)[0], User.objects.get(username=name), "root", role=role
    )


@act
def leave(name: str, team: str) -> None:
    from accounts import services
    from accounts.models import Team, User

    services.remove_member(Team.objects.get(slug=team), User.objects.get(username=name), "root")


@act
def settings(name: str, **values: Any) -> None:
    """This person's choices, as PUT /api/settings has them."""
    from accounts.models import User
    from chat.models import Preferences

    Preferences.objects.update_or_create(user=User.objects.get(username=name), defaults={"values": values})


@act
def seed(
    owner: str,
    messages: list[Any],
    title: str = "",
    team: str | None = None,
    days_ago: float = 0,
    leaf: str | None = None,
    pinned_by: tuple[str, ...] = (),
    archived_by: tuple[str, ...] = (),
) -> dict[str, Any]:
    """One conversation -> {"id", "messages": [ids]}.

    messages: in turn questions and answers; each is its text or the fields of chat.models.Message, with `key`
    to be named by, and `parent` (a key, None for the first) where it does not follow the one before.
    title: the question's first words where it is empty. leaf: key of the last one shown; the last one.
    """
    from django.db import transaction
    from django.utils import timezone

    from accounts.models import Team, User
    from chat.models import Conversation, IndexRow, Message, Shelf
    from chat.search import index

    user = User.objects.get(username=owner)
    at = timezone.now() - timedelta(days=days_ago)
    with transaction.atomic():
        where = Conversation.objects.create(
            owner=user,
            team=Team.objects.get_or_create(slug=team)[0] if team else None,
            title=title or _first_words(messages),
            titled_by_person=bool(title),
            created=at - timedelta(seconds=len(messages)),
            updated=at,
        )
        rows, keys = _turns(where, user, messages, at)
        Message.objects.bulk_create(rows, 500)
        where.leaf = keys[leaf] if leaf is not None else (rows[-1].id if rows else None)
        where.save()
        words = [index.text_row(where.id, row.id, row.text, row.created) for row in rows]
        IndexRow.objects.bulk_create(
            [row for row in words if row is not None] + [index.title_row(where)], 500
        )
        for name in {*pinned_by, *archived_by}:
            Shelf.objects.create(
                conversation=where,
                user=User.objects.get(username=name),
                pinned=name in pinned_by,
                archived=name in archived_by,
            )
    return {"id": str(where.id), "messages": [str(row.id) for row in rows]}


def _turns(where: Any, user: Any, messages: list[Any], at: Any) -> tuple[list[Any], dict[str, uuid.UUID]]:
    """Rows that are not stored yet, and their ids by key."""
    from chat.ids import uuid7
    from chat.models import Message

    rows: list[Message] = []
    keys: dict[str, uuid.UUID] = {}
    for place, one in enumerate(messages):
        given = {"text": one} if isinstance(one, str) else dict(one)
        before = rows[-1] if rows else None
        keys[given.pop("key", str(place))] = mine = uuid7()
        parent = keys.get(given.pop("parent")) if "parent" in given else before and before.id
        role = given.pop("role", "assistant" if before is not None and before.role == "user" else "user")
        of_answers = {"model": "qwen3:32b", "reason": "stop"} if role == "assistant" else {}
        fields = of_answers | {"created": at - timedelta(seconds=len(messages) - place)} | given
        rows.append(Message(id=mine, conversation=where, parent_id=parent, role=role, asker=user, **fields))
    return rows, keys


def _first_words(messages: list[Any]) -> str:
    first = messages[0] if messages else ""
    return str(first if isinstance(first, str) else first["text"])[:60]


@act
def many(owner: str, count: int, **more: Any) -> list[str]:
    """So many conversations with one question and answer, an hour apart -> their ids, the newest first."""
    return [
        seed(owner, [f"Question {place}", f"Answer {place}"], days_ago=place / 24, **more)["id"]
        for place in range(count)
    ]


@act
def stored(conversation: str) -> dict[str, Any] | None:
    """What the database has of a conversation; None: nothing."""
    from chat.models import Conversation

    row = Conversation.objects.filter(id=conversation).select_related("team").first()
    if row is None:
        return None
    fields = ("id", "parent_id", "role", "text", "thinking", "state", "reason", "images")
    messages = row.messages.order_by("id").values(*fields)
    return {
        "title": row.title,
        "team": row.team.slug if row.team else None,
        "deleted": row.deleted is not None,
        "leaf": str(row.leaf),
        "messages": [
            {k: str(v) if isinstance(v, uuid.UUID) else v for k, v in one.items()} for one in messages
        ],
    }


@act
def conversations(owner: str) -> list[str]:
    """Ids of what this person began, the newest first."""
    from chat.models import Conversation

    found = Conversation.objects.filter(owner__username=owner, deleted=None).order_by("-created")
    return [str(one) for one in found.values_list("id", flat=True)]


@act
def running() -> int:
    """How many answers are being made."""
    from chat.models import Generation

    return Generation.objects.filter(state__in=Generation.RUNNING).count()


def main() -> None:
    from clawdsite.cli import given

    given.install(sys.argv[1])
    os.environ["DJANGO_SETTINGS_MODULE"] = "clawdsite.settings"
    import django

    django.setup(set_prefix=False)
    for line in sys.stdin:
        name, words, named = json.loads(line)
        try:
            print(json.dumps({"done": ACTS[name](*words, **named)}), flush=True)
        except Exception:  # noqa: BLE001 - the test says it
            print(json.dumps({"failed": traceback.format_exc()}), flush=True)


if __name__ == "__main__":
    main()
