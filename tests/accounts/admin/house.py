"""A small house for the admin's tests: who is there, and how a page is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from accounts import clients
from accounts.models import (
    AuditLine,
    ExternalIdentity,
    Membership,
    OAuthClient,
    Revocation,
    SignInFailure,
    Team,
    User,
)
from chat.models import Conversation

SECRET_OF_OTHERS = ("charlie", "Team of Charlie", "team-c", "sub-of-charlie", "nightly", "REF12345", "ruth")


@dataclass
class House:
    """alice leads team-a with bob in it; charlie is in team-c, which is none of alice's business."""

    root: User
    ruth: User
    alice: User
    bob: User
    charlie: User
    staff: User
    team: Team
    other: Team
    identity: ExternalIdentity
    client: OAuthClient
    failure: SignInFailure
    conversation: Conversation


def furnished() -> House:
    """A root and a ruth, so that none is the last; alice, bob, charlie; and staff that may nothing yet."""
    root = User.objects.create_superuser("root")
    ruth = User.objects.create_superuser("ruth")
    alice, bob = User.objects.create_user("alice"), User.objects.create_user("bob")
    charlie = User.objects.create_user("charlie", display_name="charlie the stranger")
    staff = User.objects.create_user("staff", is_staff=True)
    team = Team.objects.create(slug="team-a", name="Team of Alice")
    other = Team.objects.create(slug="team-c", name="Team of Charlie")
    Membership.objects.create(user=alice, team=team, role=Membership.Role.LEAD)
    Membership.objects.create(user=bob, team=team)
    Membership.objects.create(user=charlie, team=other, role=Membership.Role.MEMBER)
    identity = ExternalIdentity.objects.create(
        user=charlie, provider="company", issuer="https://sso.example.com", subject="sub-of-charlie"
    )
    client, _ = clients.make("nightly", ["chat:write"], by="root")
    failure = SignInFailure.objects.create(reference="REF12345", code="expired")
    conversation = Conversation.objects.create(owner=charlie, title="kept to charlie", updated=timezone.now())
    return House(
        root, ruth, alice, bob, charlie, staff, team, other, identity, client, failure, conversation
    )


def browser_of(user: User | None) -> Client:
    """A browser in which this person is signed in."""
    browser = Client()
    if user is not None:
        browser.force_login(user)
    return browser


def pages(house: House) -> list[str]:
    """Every address of the admin, with objects that exist and are not alice's."""
    return sorted({_filled(house, pattern) for pattern in _patterns() if pattern.startswith("admin/")})


def _patterns(found: Any = None, before: str = "") -> Iterator[str]:
    for each in get_resolver().url_patterns if found is None else found:
        if hasattr(each, "url_patterns"):
            yield from _patterns(each.url_patterns, before + str(each.pattern))
        else:
            yield before + str(each.pattern)


def _filled(house: House, pattern: str) -> str:
    parts = pattern.split("/")
    key = "1"
    if len(parts) > 2:
        key = str(_object(house, parts[2]).pk)
    filled = pattern.replace("<path:object_id>", key).replace("<id>", key)
    filled = filled.replace("<str:act>", "deactivate").replace("<int:number>", "1")
    if filled.startswith("admin/^"):
        filled = "admin/accounts/" if "app_label" in filled else "admin/no/such/page"
    return "/" + filled.replace("(?P<url>.*)$", "no/such/page")


def _object(house: House, model: str) -> Any:
    made = {
        "user": house.charlie,
        "team": house.other,
        "externalidentity": house.identity,
        "oauthclient": house.client,
        "signinfailure": house.failure,
        "conversation": house.conversation,
    }
    return made.get(model) or house.other


def counted() -> dict[str, Any]:
    """What a lead must not be able to change."""
    return {
        "people": list(User.objects.order_by("pk").values("pk", "username", "is_active", "is_superuser")),
        "teams": list(Team.objects.order_by("pk").values("pk", "slug", "name", "default_visibility")),
        "members": list(Membership.objects.order_by("pk").values("pk", "user", "team", "role", "source")),
        "identities": list(ExternalIdentity.objects.order_by("pk").values("pk", "user")),
        "clients": list(
            OAuthClient.objects.order_by("pk").values("pk", "is_active", "secret_hash", "scopes")
        ),
        "revocations": Revocation.objects.count(),
        "lines": AuditLine.objects.count(),
    }


def empty(*inlines: str, **given: Any) -> dict[str, Any]:
    """The fields that a page's lists of rows send when nothing is in them; `given` overrides."""
    fields: dict[str, Any] = {}
    for name in inlines:
        fields |= {f"{name}-TOTAL_FORMS": "0", f"{name}-INITIAL_FORMS": "0"}
    return fields | given
