"""Usage rows in the admin: to read, never to change."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin.base import ReadOnly
from accounts.selectors import names_of
from gateway.models import UsageRow


@admin.register(UsageRow)
class UsageRowAdmin(ReadOnly):
    """What each call cost."""

    list_display = ("when", "who", "route", "model", "status", "outcome", "tokens", "first", "took")
    list_filter = ("outcome", "kind", "model")
    search_fields = ("caller", "request_id")
    date_hierarchy = "at"
    show_full_result_count = False  # there may be millions

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The page's rows, with the names of their callers found in one go."""
        page = super().get_changelist_instance(request)
        rows = list(page.result_list)
        names = names_of(row.caller for row in rows)
        for row in rows:
            row.name = names.get(row.caller, row.caller)
        page.result_list = rows
        return page

    @admin.display(description=_("at"), ordering="at")
    def when(self, row: UsageRow) -> str:
        return f"{row.at:%Y-%m-%d %H:%M:%S}"

    @admin.display(description=_("caller"), ordering="caller")
    def who(self, row: UsageRow) -> str:
        return str(getattr(row, "name", row.caller))

    @admin.display(description=_("tokens in + out"), ordering="completion_tokens")
    def tokens(self, row: UsageRow) -> str:
        return f"{row.prompt_tokens} + {row.completion_tokens}"

    @admin.display(description=_("first token"), ordering="ttft_ms")
    def first(self, row: UsageRow) -> str:
        return "-" if row.ttft_ms is None else f"{row.ttft_ms / 1000:.1f} s"

    @admin.display(description=_("took"), ordering="total_ms")
    def took(self, row: UsageRow) -> str:
        return f"{row.total_ms / 1000:.1f} s"
