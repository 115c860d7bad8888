"""What all pages of the admin share: every change is one line in the audit log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django.contrib import admin
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from accounts import audit

HIDDEN: Final = frozenset({"password", "password1", "password2", "usable_password"})
SAID: Final = 200  # characters of a value that a line keeps


class Bare:
    """Choosing a row of another model needs no links to make, change or delete one."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **named: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **named)  # type: ignore[misc]
        widget = getattr(field, "widget", None)
        for link in ("can_add_related", "can_change_related", "can_view_related", "can_delete_related"):
            if hasattr(widget, link):
                setattr(widget, link, False)
        return field


class Audited(Bare, admin.ModelAdmin):
    """A page whose additions, changes and deletions are recorded with who, what and from where."""

    list_per_page = 50
    list_max_show_all = 500

    @property
    def kind(self) -> str:
        """How audit lines name what this page is about."""
        return str(self.opts.model_name)

    def record(
        self, request: HttpRequest, did: str, obj: Model, details: dict[str, Any] | None = None
    ) -> None:
        """One line. did: `added`, `changed`, `deleted`."""
        audit.record(
            actor_of(request),
            f"admin.{did}",
            f"{self.kind}:{obj.pk}",
            details or {},
            address_of(request),
        )

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> list[dict[str, Any]]:
        request._said = said(form)
        message: list[dict[str, Any]] = super().construct_change_message(request, form, formsets, add)
        return message

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """An action and its lines are kept together or not at all."""
        with transaction.atomic():
            return super().response_action(request, queryset)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self.record(request, "added", obj, getattr(request, "_said", {}))
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Nothing changed is no line; rows inside the page have lines from the services that changed them."""
        details = getattr(request, "_said", None) or named(message)
        if details:
            self.record(request, "changed", obj, details)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        for obj in queryset:
            self.record(request, "deleted", obj, {"name": str(obj)[:SAID]})
        return super().log_deletions(request, queryset)


class ReadOnly(Audited):
    """To look at, never to change."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class GivenInline(admin.TabularInline):
    """Rows that something else gives: they stand there to be read."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def actor_of(request: HttpRequest) -> str:
    """Who the audit log says it was."""
    return str(request.user.get_username())


def address_of(request: HttpRequest) -> str:
    """Where they sat: the address behind trusted proxies."""
    return str(request.META.get("REMOTE_ADDR", ""))


def said(form: Any) -> dict[str, Any]:
    """Changed fields and their new values; of a secret only that it changed."""
    return {
        name: "***" if name in HIDDEN else _plain(form.cleaned_data.get(name)) for name in form.changed_data
    }


def named(message: Any) -> dict[str, Any]:
    """The fields that Django's change message names, where there was no form of ours."""
    if not isinstance(message, list):
        return {}
    fields = [str(field) for part in message for field in part.get("changed", {}).get("fields", ())]
    return {"fields": fields} if fields else {}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Model):
        return str(value.pk)
    if isinstance(value, Iterable) and not isinstance(value, str):
        return sorted(str(each)[:SAID] for each in value)
    return str(value)[:SAID]
