"""How lists are narrowed down."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import ExternalIdentity, Team


class ByTeam(SimpleListFilter):
    """People of one team, by whichever word they are in it."""

    title = _("team")
    parameter_name = "team"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(team.slug, str(team)) for team in Team.objects.order_by("slug")[:100]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return queryset
        return queryset.filter(memberships__team__slug=self.value()).distinct()


class ByProvider(SimpleListFilter):
    """People with an identity at one provider."""

    title = _("provider")
    parameter_name = "provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        names = ExternalIdentity.objects.order_by("provider").values_list("provider", flat=True).distinct()
        return [(name, name) for name in names] + [("-", str(_("none")))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "-":
            return queryset.filter(identities=None)
        return (
            queryset
            if self.value() is None
            else queryset.filter(identities__provider=self.value()).distinct()
        )


class LastSignIn(SimpleListFilter):
    """Who was here lately, and who was not for long."""

    title = _("last sign-in")
    parameter_name = "seen"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("week", _("in the last 7 days")), ("month", _("not for 30 days")), ("never", _("never"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value, now = self.value(), timezone.now()
        if value == "week":
            return queryset.filter(seen_since(now - timedelta(days=7))).distinct()
        if value == "month":
            recent = queryset.model.objects.filter(seen_since(now - timedelta(days=30)))
            return queryset.exclude(pk__in=recent.values("pk"))
        if value == "never":
            ever = queryset.model.objects.filter(
                Q(last_login__isnull=False) | Q(identities__last_login__isnull=False)
            )
            return queryset.exclude(pk__in=ever.values("pk"))
        return queryset


def seen_since(moment: Any) -> Q:
    """Signed in at or after that, here or by a provider."""
    return Q(last_login__gte=moment) | Q(identities__last_login__gte=moment)
