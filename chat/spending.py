"""What was used: numbers only, of oneself, or of a team for its lead."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone

from accounts.caller import Caller
from accounts.models import Membership
from accounts.permissions import require
from accounts.policy import Resource
from gateway.models import UsageRow
from gateway.usage import account

OF_OURS: Final = "chat.title"  # route of a question that nobody asked: its tokens count, it is no request


def own(caller: Caller) -> dict[str, Any]:
    """{"today": {...}, "month": {...}} of the caller alone."""
    return _spent(UsageRow.objects.filter(caller=account(caller.id)))


def of_team(caller: Caller, slug: str) -> dict[str, Any]:
    """The sums of a team's members, for its lead. NotFound for anybody else, as for no team at all."""
    require(caller, "team.usage", Resource(owner=None, team=slug))
    whose = Membership.objects.filter(team__slug=slug).values_list("user", flat=True)
    members = sorted({str(one) for one in whose})  # one may be a member twice: by hand, and by a provider
    spent = _spent(UsageRow.objects.filter(caller__in=members))
    return {"team": slug, "members": len(members), **spent}


def _spent(rows: QuerySet[UsageRow]) -> dict[str, Any]:
    """Days and months are those of the server's clock (UTC)."""
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return {"today": _sum(rows, today), "month": _sum(rows, today.replace(day=1))}


def _sum(rows: QuerySet[UsageRow], since: datetime) -> dict[str, int]:
    found = rows.filter(at__gte=since).aggregate(
        requests=Count("id", filter=~Q(route=OF_OURS)),
        prompt_tokens=Sum("prompt_tokens"),
        completion_tokens=Sum("completion_tokens"),
    )
    return {name: value or 0 for name, value in found.items()}
