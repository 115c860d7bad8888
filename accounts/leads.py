"""Who may open the admin, and which teams a lead sees there (M21)."""

from __future__ import annotations

from django.http import HttpRequest

from accounts.models import Membership, User


def led_by(request: HttpRequest) -> frozenset[int]:
    """Ids of the teams that the person of this request leads; asked once a request."""
    found: frozenset[int] | None = getattr(request, "_led", None)
    if found is None:
        found = frozenset(led(request.user)) if request.user.is_active else frozenset()
        request._led = found
    return found


def led(user: User) -> set[int]:
    """Ids of the teams that a person leads, by whichever word."""
    if user.pk is None:
        return set()
    leads = Membership.objects.filter(user=user, role=Membership.Role.LEAD)
    return set(leads.values_list("team_id", flat=True))


def is_administrator(request: HttpRequest) -> bool:
    """Staff and superuser: the only ones who give rights to others."""
    user = request.user
    return bool(user.is_active and user.is_staff and user.is_superuser)


def is_only_lead(request: HttpRequest) -> bool:
    """One who sees teams only because they lead some."""
    user = request.user
    return not (
        user.is_staff and (user.has_perm("accounts.view_team") or user.has_perm("accounts.change_team"))
    )
