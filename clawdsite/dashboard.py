"""What the admin's first page says: people, use by day, the queue, the model's host, sign-on, the log."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from asgiref.sync import async_to_sync
from django.db.models import Count, Max, Q, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.admin.filters import seen_since
from accounts.models import AuditLine, ExternalIdentity, Membership, OAuthClient, SignInFailure, Team, User
from accounts.selectors import names_of
from clawdsite import health
from clawdsite.chart import Bars, bars
from clawdsite.core.config.live import current
from gateway.admission.queue import line
from gateway.models import UsageRow

DAYS: Final = 14
WEEK: Final = timedelta(days=7)
SOON: Final = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Provider:
    """How signing in by one provider goes. state: `good`, `bad`, or `quiet` where nobody tried yet."""

    slug: str
    kind: str
    enabled: bool
    people: int
    last_success: datetime | None
    last_failure: SignInFailure | None

    @property
    def state(self) -> str:
        if not self.enabled:
            return "off"
        if self.last_failure is not None and (
            self.last_success is None or self.last_failure.at > self.last_success
        ):
            return "bad"
        return "good" if self.last_success is not None else "quiet"


@dataclass(frozen=True, slots=True)
class Live:
    """This process, now."""

    running: int
    waiting: int
    slots: int
    upstream: str
    upstream_ok: bool
    database: str
    host: str


@dataclass(frozen=True, slots=True)
class Use:
    """Calls of the last days, and who asked most."""

    requests: Bars
    tokens: Bars
    errors: Bars
    total: int
    callers: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Board:
    """Everything the page draws."""

    people: dict[str, int]
    teams: dict[str, int]
    clients: dict[str, int]
    expiring: list[OAuthClient]
    use: Use
    live: Live
    providers: list[Provider]
    failures: list[SignInFailure]
    audit: list[AuditLine]


def board() -> Board:
    """As it is now. Some fifteen small queries, and one look at the model's host."""
    now = timezone.now()
    alive = OAuthClient.objects.filter(Q(expires=None) | Q(expires__gt=now), is_active=True)
    expiring = alive.filter(expires__lte=now + SOON).order_by("expires")
    return Board(
        people=_people(now),
        teams={
            "all": Team.objects.count(),
            "members": Membership.objects.values("user", "team").distinct().count(),
            "without_lead": Team.objects.exclude(memberships__role=Membership.Role.LEAD).count(),
        },
        clients={"active": alive.count(), "expiring": expiring.count()},
        expiring=list(expiring[:5]),
        use=_use(now),
        live=async_to_sync(_live)(),
        providers=_providers(),
        failures=list(SignInFailure.objects.all()[:6]),
        audit=list(AuditLine.objects.all()[:8]),
    )


def _people(now: datetime) -> dict[str, int]:
    return {
        "active": User.objects.filter(is_active=True).count(),
        "inactive": User.objects.filter(is_active=False).count(),
        "week": User.objects.filter(seen_since(now - WEEK), is_active=True).distinct().count(),
    }


async def _live() -> Live:
    """Of this process's event loop; the counts of other workers stand in /metrics."""
    found = await health.look()
    upstream = str(found.details["upstream"])
    return Live(
        running=line().running,
        waiting=line().waiting,
        slots=current().upstream.max_connections,
        upstream=upstream,
        upstream_ok=upstream.startswith("ok"),
        database=str(found.details["database"]),
        host=_host(current().upstream.url),
    )


def _host(url: Any) -> str:
    """Without a name and password that may stand in it."""
    return str(url).rpartition("@")[2].removeprefix("http://").removeprefix("https://").rstrip("/")


def _use(now: datetime) -> Use:
    first = (now.astimezone(UTC) - timedelta(days=DAYS - 1)).date()
    since = datetime(first.year, first.month, first.day, tzinfo=UTC)
    rows = UsageRow.objects.filter(at__gte=since)
    by_day = rows.annotate(day=TruncDate("at", tzinfo=UTC)).values("day").order_by("day")
    counted = {
        row["day"]: row
        for row in by_day.annotate(
            requests=Count("pk"),
            prompt=Sum("prompt_tokens"),
            completion=Sum("completion_tokens"),
            errors=Count("pk", filter=Q(status__gte=400)),
        )
    }
    days = [first + timedelta(days=offset) for offset in range(DAYS)]
    requests = _series(days, counted, "requests")
    prompt, completion = _series(days, counted, "prompt"), _series(days, counted, "completion")
    tokens = [one + other for one, other in zip(prompt, completion, strict=True)]
    return Use(
        requests=bars(str(_("Requests")), days, requests),
        tokens=bars(str(_("Tokens")), days, tokens),
        errors=bars(str(_("Errors")), days, _series(days, counted, "errors")),
        total=sum(requests),
        callers=_callers(rows.filter(at__gte=now - WEEK)),
    )


def _series(days: list[date], counted: dict[date, Any], name: str) -> list[int]:
    return [int(counted[day][name] or 0) if day in counted else 0 for day in days]


def _callers(rows: Any) -> list[dict[str, Any]]:
    """Those who asked most this week, by the names that administrators know."""
    found = list(
        rows.values("caller", "kind")
        .annotate(requests=Count("pk"), tokens=Sum("prompt_tokens") + Sum("completion_tokens"))
        .order_by("-requests")[:5]
    )
    names = names_of(row["caller"] for row in found)
    for row in found:
        row["name"] = names.get(row["caller"], row["caller"])
    return found


def _providers() -> list[Provider]:
    """Of the configuration in force, the switched-off ones as well."""
    known = {
        row["provider"]: row
        for row in ExternalIdentity.objects.values("provider").annotate(
            people=Count("user", distinct=True), last=Max("last_login")
        )
    }
    found = []
    for provider in current().oauth2:
        row = known.get(provider.slug, {})
        failed = SignInFailure.objects.filter(provider=provider.slug).first()
        found.append(
            Provider(
                slug=provider.slug,
                kind=provider.provider,
                enabled=provider.enabled,
                people=row.get("people", 0),
                last_success=row.get("last"),
                last_failure=failed,
            )
        )
    return found
