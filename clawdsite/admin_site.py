"""The door of the admin, for administrators, staff and team leads, and the page behind it: how it goes."""

from __future__ import annotations

from functools import update_wrapper
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.leads import is_administrator, led, led_by
from accounts.models import Team, User


class DoorForm(AdminAuthenticationForm):
    """The password form lets team leads in as well."""

    def confirm_login_allowed(self, user: User) -> None:
        AuthenticationForm.confirm_login_allowed(self, user)
        if not user.is_staff and not led(user):
            raise ValidationError(
                self.error_messages["invalid_login"],
                code="invalid_login",
                params={"username": self.username_field.verbose_name},
            )


class Site(AdminSite):
    """Stock admin with another question at the door, an overview, and one page less."""

    site_header = site_title = "Clawdbot"
    index_title = _("Administration")
    site_url = "/"
    login_form = DoorForm
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        """Active, and staff or a team's lead."""
        return bool(request.user.is_active and (request.user.is_staff or led_by(request)))

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Whatever is done behind the door is recorded with where the person sat."""

        def seated(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
            before = audit.sitting_at.set(str(request.META.get("REMOTE_ADDR", "")))
            try:
                return view(request, *args, **named)
            finally:
                audit.sitting_at.reset(before)

        return super().admin_view(update_wrapper(seated, view), cacheable)

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        """Lists of names are not for leads."""
        if not request.user.is_staff:
            raise PermissionDenied
        return super().autocomplete_view(request)

    def get_urls(self) -> list[Any]:
        """Without `r/<type>/<id>/`: no row has a page on the site, so it could only tell what exists."""
        return [each for each in super().get_urls() if getattr(each, "name", None) != "view_on_site"]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Numbers are for administrators: they tell who is here and what was asked."""
        from clawdsite import dashboard  # needs what is only being registered when this module is read

        if is_administrator(request):
            facts = {"board": dashboard.board()}
        else:
            facts = {"own_teams": Team.objects.filter(pk__in=led_by(request))}
        context = {
            **self.each_context(request),
            "title": self.index_title,
            "subtitle": None,
            "app_list": self.get_app_list(request),
            **facts,
            **(extra_context or {}),
        }
        request.current_app = self.name
        return TemplateResponse(request, "admin/index.html", context)
