"""Machine clients: made, rotated and revoked here; a secret is on one page, once, and nowhere else."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminRadioSelect
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from accounts import clients, selectors
from accounts.admin import pages
from accounts.admin.base import Audited, actor_of, address_of
from accounts.models import OAuthClient

SOON: Final = timedelta(days=14)
KEPT: Final = (
    ("0", _("not at all: it fell into wrong hands, and its tokens end too")),
    ("3600", _("1 hour")),
    ("86400", _("1 day")),
    ("604800", _("7 days")),
)


class ClientForm(forms.ModelForm):
    """`offered`: the scopes whoever sits there may give, set by the page."""

    offered: frozenset[str] = frozenset()
    scopes = forms.MultipleChoiceField(
        label=_("Scopes"), required=False, widget=forms.CheckboxSelectMultiple, help_text=""
    )

    class Meta:
        model = OAuthClient
        fields = ("name", "owner", "scopes", "token_ttl", "expires")

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        had = set(self.instance.scopes.split())
        self.initial["scopes"] = sorted(had)
        if "scopes" in self.fields:
            self.fields["scopes"].choices = [(scope, scope) for scope in sorted(self.offered | had)]
            self.fields["scopes"].help_text = _("No wider than your own: what you lack is not offered.")

    def clean_scopes(self) -> str:
        return " ".join(sorted(self.cleaned_data["scopes"]))

    def clean_expires(self) -> Any:
        expires = self.cleaned_data["expires"]
        if expires is not None and "expires" in self.changed_data and expires <= timezone.now():
            raise forms.ValidationError(_("That moment is over. To end a client, revoke it."))
        return expires

    def clean_token_ttl(self) -> int:
        seconds: int = self.cleaned_data["token_ttl"]
        if not clients.SHORTEST_TTL <= seconds <= clients.LONGEST_TTL:
            raise forms.ValidationError(_("Between 60 and 3600 seconds."))
        return seconds


def short(at: datetime | None) -> str:
    """A moment as lists show it, in UTC, narrow enough for a column."""
    return f"{at:%Y-%m-%d %H:%M}" if at is not None else "-"


class RotateForm(forms.Form):
    """How long the old secret stays good."""

    keep = forms.ChoiceField(
        label=_("The old secret stays good for"),
        choices=KEPT,
        initial="86400",
        widget=AdminRadioSelect(attrs={"class": "radiolist"}),
    )


@admin.register(OAuthClient)
class ClientAdmin(Audited):
    """A program that asks for tokens of its own."""

    form = ClientForm
    list_display = ("name", "client_id", "state", "scopes", "owner", "ends", "used")
    list_filter = ("is_active",)
    search_fields = ("name", "client_id", "owner__username", "owner__display_name")
    list_select_related = ("owner",)
    autocomplete_fields = ("owner",)
    actions = ("revoke",)
    change_form_template = "admin/clawdbot/client.html"
    readonly_fields = (
        "client_id",
        "is_active",
        "secret_begins",
        "secret_made",
        "previous_expires",
        "last_used",
        "made_by",
        "created",
    )

    # ---- what stands on the page --------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        asked = (None, {"fields": ("name", "owner", "scopes", "token_ttl", "expires")})
        if obj is None:
            return (asked,)
        secret = ("client_id", "is_active", "secret_begins", "secret_made", "previous_expires")
        return (
            asked,
            (_("Secret"), {"fields": secret}),
            (_("Use"), {"fields": ("last_used", "made_by", "created")}),
        )

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **named: Any) -> Any:
        form = super().get_form(request, obj, change=change, **named)
        offered = selectors.caller_for(request.user).scopes
        return type(form.__name__, (form,), {"offered": offered})

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One button: what follows is the page with the secret."""
        one = {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().add_view(request, form_url, {**one, **(extra_context or {})})

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What is revoked stays as it was."""
        if obj is not None and not obj.is_active:
            return False
        return bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Revoked, not deleted: usage and audit lines go on naming it."""
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """No hash is guessed letter by letter in the address."""
        hidden = lookup.split("__")[0] in ("secret_hash", "previous_hash")
        return not hidden and bool(super().lookup_allowed(lookup, value, request))

    @admin.display(description=_("expires"), ordering="expires")
    def ends(self, client: OAuthClient) -> str:
        return short(client.expires)

    @admin.display(description=_("last used"), ordering="last_used")
    def used(self, client: OAuthClient) -> str:
        return short(client.last_used)

    @admin.display(description=_("secret begins with"))
    def secret_begins(self, client: OAuthClient) -> str:
        return f"{client.secret_prefix}…" if client.secret_prefix else "-"

    @admin.display(description=_("state"))
    def state(self, client: OAuthClient) -> str:
        now = timezone.now()
        if not client.is_active:
            return str(_("revoked"))
        if client.expires is not None and client.expires <= now:
            return str(_("expired"))
        return str(_("expires soon")) if client.expires and client.expires <= now + SOON else str(_("active"))

    # ---- making and changing ------------------------------------------------------------------

    def changeform_view(self, request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        """What only comes to light while saving (a right that went) is said, not thrown."""
        try:
            return super().changeform_view(request, *args, **named)
        except clients.ClientError as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(pages.address(self, "changelist"))

    def record(self, request: HttpRequest, did: str, obj: Any, details: Any = None) -> None:
        """`accounts.clients` writes the lines of what it does."""

    def save_model(self, request: HttpRequest, obj: OAuthClient, form: Any, change: bool) -> None:
        given = form.cleaned_data
        terms = {name: given[name] for name in given if name in form.changed_data or not change}
        if "scopes" in terms:
            terms["scopes"] = terms["scopes"].split()
        if change:
            if terms:
                clients.change(obj, **_by(request), by_scopes=form.offered, **terms)
        else:
            made, request._secret = clients.make(
                terms.pop("name"), terms.pop("scopes"), **_by(request), by_scopes=form.offered, **terms
            )
            obj.pk = made.pk
        obj.refresh_from_db()

    def response_add(
        self, request: HttpRequest, obj: OAuthClient, post_url_continue: Any = None
    ) -> HttpResponse:
        """The answer to the form is the page with the secret: nothing is kept for a page to come."""
        return self._show(request, obj, request._secret)

    def _show(self, request: HttpRequest, client: OAuthClient, secret: str) -> HttpResponse:
        title = say("The secret of %(client)s") % {"client": client}
        return pages.draw(self, request, "secret.html", title, client, secret=secret)

    # ---- rotating and revoking ----------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [
            path("<path:object_id>/rotate/", wrap(self.rotate), name="accounts_oauthclient_rotate"),
            path("<path:object_id>/revoke/", wrap(self.revoke_page), name="accounts_oauthclient_revoke"),
            *super().get_urls(),
        ]

    def rotate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A new secret; the old one stays good for as long as is said."""
        client = pages.found(self, request, object_id, change=True)
        form = RotateForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            return self._rotated(request, client, float(form.cleaned_data["keep"]))
        title = say("A new secret for %(client)s") % {"client": client}
        return pages.draw(self, request, "rotate.html", title, client, form=form)

    def _rotated(self, request: HttpRequest, client: OAuthClient, keep: float) -> HttpResponse:
        try:
            own = selectors.caller_for(request.user).scopes
            secret = clients.rotate(client, **_by(request), by_scopes=own, keep=keep)
        except clients.ClientError as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(pages.address(self, "change", client))
        client.refresh_from_db()
        return self._show(request, client, secret)

    def revoke_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask once more, then end it with all its tokens."""
        client = pages.found(self, request, object_id, change=True)
        if request.method == "POST":
            clients.revoke(client, **_by(request))
            self.message_user(request, say("%(client)s is revoked.") % {"client": client}, messages.SUCCESS)
            return HttpResponseRedirect(pages.address(self, "change", client))
        ask = say("Revoke %(client)s") % {"client": client}
        facts = {
            "text": _("Its secret and every token of it are dead within seconds. This cannot be taken back."),
            "label": _("Revoke"),
            "dangerous": True,
        }
        return pages.draw(self, request, "confirm.html", ask, client, **facts)

    @admin.action(description=_("Revoke"), permissions=["change"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[OAuthClient]) -> None:
        for client in chosen:
            clients.revoke(client, **_by(request))
        self.message_user(request, say("Revoked."), messages.SUCCESS)


def _by(request: HttpRequest) -> dict[str, Any]:
    return {"by": actor_of(request), "address": address_of(request)}
