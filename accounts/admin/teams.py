"""Teams: for administrators all of them, for a lead their own and nothing else (M21)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts.admin.base import Audited
from accounts.admin.memberships import (
    ByHand,
    ByHandForLeads,
    ByProvider,
    ByProviderForLeads,
    Leads,
    save_memberships,
)
from accounts.leads import is_only_lead, led_by
from accounts.models import Membership, Team


@admin.register(Team)
class TeamAdmin(Audited):
    """A team, who is in it, and who sees a new conversation."""

    search_fields = ("slug", "name")
    change_form_template = "admin/clawdbot/team.html"
    autocomplete_fields = ("parent",)

    # ---- what a lead may --------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        found: QuerySet[Team] = super().get_queryset(request)
        if is_only_lead(request):
            found = found.filter(pk__in=led_by(request))
        people = Count("memberships__user", distinct=True)
        leads = Count("memberships__user", filter=Q(memberships__role=Membership.Role.LEAD), distinct=True)
        return found.annotate(people=people, leads=leads)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _leads_one(request) or bool(super().has_module_permission(request))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _leads_one(request, obj) or bool(super().has_view_permission(request, obj))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _leads_one(request, obj) or bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A team's conversations stay with it: it is deleted empty, by an administrator."""
        if obj is not None and obj.memberships.exists():
            return False
        return bool(super().has_delete_permission(request, obj))

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """A filter in the address must not tell a lead about what lies behind the team."""
        if is_only_lead(request) and lookup.split("__")[0] not in ("id", "slug", "name"):
            return False
        return bool(super().lookup_allowed(lookup, value, request))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Who changed what is for administrators."""
        if is_only_lead(request):
            raise PermissionDenied
        return super().history_view(request, object_id, extra_context)

    # ---- what stands on the page --------------------------------------------------------------

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return ("named", "slug", "members", "lead_count", "default_visibility")

    def get_list_filter(self, request: HttpRequest) -> tuple[str, ...]:
        return () if is_only_lead(request) else ("default_visibility",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if is_only_lead(request):
            return ("slug", "name", "default_visibility")
        return ("slug", "name", "parent", "default_visibility")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The slug is what scopes name: it stays."""
        return ("slug",) if obj is not None else ()

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        if obj is None:
            return []
        return [Leads, ByHandForLeads, ByProviderForLeads] if is_only_lead(request) else [ByHand, ByProvider]

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        save_memberships(request, formset)

    @admin.display(description=_("team"), ordering="name")
    def named(self, team: Team) -> str:
        return str(team)

    @admin.display(description=_("members"), ordering="people")
    def members(self, team: Any) -> int:
        return int(team.people)

    @admin.display(description=_("leads"), ordering="leads")
    def lead_count(self, team: Any) -> int:
        return int(team.leads)


def _leads_one(request: HttpRequest, team: Any = None) -> bool:
    """Whether this is a lead, of this team if one is given."""
    if not request.user.is_active or not is_only_lead(request):
        return False
    mine = led_by(request)
    return bool(mine) if team is None else team.pk in mine
