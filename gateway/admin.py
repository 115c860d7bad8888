"""Usage rows in the admin: to read, never to change."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from gateway.models import UsageRow


@admin.register(UsageRow)
class UsageRowAdmin(admin.ModelAdmin):
    list_display = (
        "at",
        "caller",
        "route",
        "model",
        "status",
        "outcome",
        "prompt_tokens",
        "completion_tokens",
        "total_ms",
    )
    list_filter = ("outcome", "kind", "model")
    search_fields = ("caller", "request_id")
    date_hierarchy = "at"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
