"""Identities: read, and moved where a provider gave a person another id."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from accounts import services, ssocheck
from accounts.admin import pages
from accounts.admin.base import ReadOnly
from accounts.models import ExternalIdentity, Revocation, SignInFailure, User
from clawdsite.core.config.live import current


@admin.register(ExternalIdentity)
class IdentityAdmin(ReadOnly):
    """Who a person is at a provider. Made at a first sign-in, never by hand."""

    list_display = ("provider", "subject", "user", "email", "mapped", "admin", "last_login", "synced")
    list_filter = ("provider", "admin")
    search_fields = ("subject", "email", "user__username", "user__display_name")
    list_select_related = ("user",)
    fields = (
        "user",
        "provider",
        "issuer",
        "subject",
        "email",
        "mapped",
        "groups_at",
        "admin",
        "last_login",
        "synced",
        "created",
    )
    change_form_template = "admin/clawdbot/identity.html"

    @admin.display(description=_("groups"))
    def mapped(self, identity: ExternalIdentity) -> str:
        return ", ".join(map(str, identity.groups)) or "-"

    def get_urls(self) -> list[Any]:
        move = self.admin_site.admin_view(self.move)
        check = self.admin_site.admin_view(self.check_sign_on)
        return [
            path("check/", check, name="accounts_externalidentity_check"),
            path("<path:object_id>/move/", move, name="accounts_externalidentity_move"),
            *super().get_urls(),
        ]

    def check_sign_on(self, request: HttpRequest) -> HttpResponse:
        """What `clawdbot sso check` says, asked for by a button: the providers are asked then."""
        if not request.user.is_superuser:
            raise PermissionDenied
        form = CheckForm(request.POST if request.method == "POST" else None)
        found = None
        if form.is_valid():
            asked = form.cleaned_data
            found = ssocheck.check(asked["provider"] or None, asked["subject"] or None)
        return pages.draw(self, request, "sso_check.html", say("Check sign-on"), form=form, found=found)

    def move(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """To another person: an id that changed at the provider, or a person who is here twice."""
        if not request.user.is_superuser:
            raise PermissionDenied
        identity = pages.found(self, request, object_id, change=False)
        if identity.user_id == request.user.pk:  # they would be somebody else at their next sign-in
            raise PermissionDenied
        form = MoveForm(request.POST or None, identity=identity, site=self.admin_site)
        if request.method == "POST" and form.is_valid():
            with transaction.atomic():
                services.move_identity(identity, form.cleaned_data["to"], request.user)
            self.message_user(request, say("The identity was moved."), messages.SUCCESS)
            return HttpResponseRedirect(pages.address(self, "change", identity))
        title = say("Move %(identity)s to another person") % {"identity": identity}
        return pages.draw(self, request, "move.html", title, identity, form=form)


class CheckForm(forms.Form):
    """Which providers, and whose dry run."""

    provider = forms.ChoiceField(label=_("Provider"), required=False)
    subject = forms.CharField(
        label=_("Dry run for"),
        required=False,
        max_length=255,
        help_text=_("An id at the provider: who that would be here, and why. Nothing is changed."),
    )

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        names = [(one.slug, one.slug) for one in current().oauth2]
        self.fields["provider"].choices = [("", _("every one that is switched on")), *names]


class MoveForm(forms.Form):
    """Whose it becomes."""

    to = forms.ModelChoiceField(User.objects.filter(is_active=True), label=_("To"))

    def __init__(self, *args: Any, identity: ExternalIdentity, site: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.identity = identity
        self.fields["to"].widget = AutocompleteSelect(ExternalIdentity._meta.get_field("user"), site)
        self.fields["to"].widget.choices = self.fields["to"].choices

    def clean_to(self) -> User:
        to: User = self.cleaned_data["to"]
        if to.pk == self.identity.user_id:
            raise forms.ValidationError(_("It is this person's already."))
        return to


@admin.register(SignInFailure)
class SignInFailureAdmin(ReadOnly):
    """Looked up by the reference that a person was shown."""

    list_display = ("reference", "at", "provider", "code", "detail", "address")
    list_filter = ("provider", "code")
    search_fields = ("=reference", "detail", "address")
    search_help_text = _("The reference that the person was shown.")
    date_hierarchy = "at"


@admin.register(Revocation)
class RevocationAdmin(ReadOnly):
    """What no longer counts, until nothing is alive that it could refuse."""

    list_display = ("created", "kind", "subject", "reason", "expires")
    list_filter = ("kind",)
    search_fields = ("subject", "reason")
    date_hierarchy = "created"
    ordering = ("-pk",)
