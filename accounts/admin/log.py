"""The audit log: read, narrowed down and checked; nobody changes a line."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.admin import pages
from accounts.admin.base import ReadOnly
from accounts.models import AuditLine


@admin.register(AuditLine)
class AuditAdmin(ReadOnly):
    """Who did what to whom, and from where."""

    list_display = ("when", "actor", "action", "target", "short", "address")
    list_filter = ("action",)
    search_fields = ("actor", "target", "address")
    date_hierarchy = "at"
    fields = ("at", "actor", "action", "target", "whole", "address", "previous", "hash")
    change_list_template = "admin/clawdbot/audit_list.html"
    show_full_result_count = False

    @admin.display(description=_("at"), ordering="id")
    def when(self, line: AuditLine) -> str:
        return f"{line.at:%Y-%m-%d %H:%M:%S}"

    @admin.display(description=_("details"))
    def short(self, line: AuditLine) -> str:
        text = "; ".join(f"{name}: {_flat(value)}" for name, value in line.details.items() if value)
        return text if len(text) <= 120 else text[:119] + "…"

    @admin.display(description=_("details"))
    def whole(self, line: AuditLine) -> str:
        return json.dumps(line.details, ensure_ascii=False, indent=2, sort_keys=True)

    def get_urls(self) -> list[Any]:
        verify = self.admin_site.admin_view(self.verify)
        return [path("verify/", verify, name="accounts_auditline_verify"), *super().get_urls()]

    def verify(self, request: HttpRequest) -> HttpResponse:
        """Walk the whole chain; what was altered is named."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        broken = audit.verify() if request.method == "POST" else None
        facts = {"asked": request.method == "POST", "broken": broken, "lines": AuditLine.objects.count()}
        return pages.draw(self, request, "verify.html", say("Is the audit log whole?"), **facts)


def _flat(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
