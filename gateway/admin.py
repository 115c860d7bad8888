"""Usage rows in the admin: to read, never to change."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.admin.base import ReadOnly
from gateway.models import UsageRow


@admin.register(UsageRow)
class UsageRowAdmin(ReadOnly):
    """What each call cost."""

    list_display = (
        "when",
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
    show_full_result_count = False  # there may be millions

    @admin.display(description=_("at"), ordering="at")
    def when(self, row: UsageRow) -> str:
        return f"{row.at:%Y-%m-%d %H:%M:%S}"
