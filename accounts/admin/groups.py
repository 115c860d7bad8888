"""Django's groups: names that `scope_map` and provider groups may point at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin.base import Audited
from accounts.admin.rights import stale
from accounts.models import User

admin.site.unregister(Group)


@admin.register(Group)
class RightsGroupAdmin(Audited, GroupAdmin):
    """Changed by administrators alone: who could change one could give themselves any right."""

    list_display = ("name", "people")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        found: QuerySet[Group] = super().get_queryset(request)
        return found.annotate(people=Count("user"))

    @admin.display(description=_("people"), ordering="people")
    def people(self, group: Any) -> int:
        return int(group.people)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def save_model(self, request: HttpRequest, obj: Group, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and "name" in form.changed_data:
            stale(User.objects.filter(groups=obj))

    def delete_model(self, request: HttpRequest, obj: Group) -> None:
        lost = list(User.objects.filter(groups=obj))
        super().delete_model(request, obj)
        stale(lost)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Group]) -> None:
        lost = list(User.objects.filter(groups__in=queryset).distinct())
        super().delete_queryset(request, queryset)
        stale(lost)
