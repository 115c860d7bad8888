"""People in the admin: names, rights, teams and identities, and nothing that they wrote."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts import services
from accounts.admin import pages
from accounts.admin.base import Audited, GivenInline
from accounts.admin.filters import ByProvider, ByTeam, LastSignIn
from accounts.admin.guards import outranks, why_kept
from accounts.admin.memberships import TeamsByHand, TeamsByProvider, save_memberships
from accounts.admin.rights import end_rights_that_went
from accounts.models import ExternalIdentity, User

RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


class PersonForm(UserChangeForm):
    """`by` is who sits there: set by the page."""

    by: User

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        was = User.objects.filter(pk=self.instance.pk).first()
        loses = [name for name in ("is_staff", "is_superuser") if name in cleaned and not cleaned[name]]
        if was is not None and was.is_superuser and was.is_staff and loses:
            why = why_kept(was, self.by)
            if why is not None:
                raise forms.ValidationError(why)
        return cleaned


class Identities(GivenInline):
    """Who this is at which provider."""

    model = ExternalIdentity
    fields = readonly_fields = ("provider", "subject", "email", "mapped", "admin", "last_login")
    show_change_link = True
    verbose_name_plural = _("identities (a page of each lets you move it to another person)")

    @admin.display(description=_("groups"))
    def mapped(self, identity: ExternalIdentity) -> str:
        return ", ".join(map(str, identity.groups)) or "-"


@admin.register(User)
class PersonAdmin(Audited, UserAdmin):
    """One person. Whether they count is changed by buttons, which also end what they hold."""

    form = PersonForm
    list_display = (
        "named",
        "username",
        "is_active",
        "in_teams",
        "providers",
        "last_sign_in",
        "administrator",
    )
    list_filter = ("is_active", ByTeam, ByProvider, LastSignIn, "is_superuser", "groups")
    search_fields = ("username", "display_name", "identities__subject", "identities__email")
    ordering = ("username",)
    readonly_fields = ("id", "is_active", "last_login", "date_joined")
    filter_horizontal = ("groups",)
    actions = ("deactivate", "reactivate", "sign_out_everywhere")
    change_form_template = "admin/clawdbot/person.html"
    fieldsets = (
        (None, {"fields": ("id", "username", "display_name", "is_active", "password")}),
        (_("Rights in the admin"), {"fields": RIGHTS, "classes": ("collapse",)}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": ("username", "display_name", "usable_password", "password1", "password2"),
            },
        ),
    )

    # ---- who may ------------------------------------------------------------------------------

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None and not outranks(request.user, obj):
            return False
        return bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """People are switched off: conversations and audit lines go on naming them."""
        return False

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Without a password where none can be given."""
        if obj is None or not _only_by_a_provider(obj):
            return super().get_fieldsets(request, obj)
        (name, first), *others = self.fieldsets
        return ((name, first | {"fields": first["fields"][:-1]}), *others)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Administrators give rights to others; nobody gives any to themselves."""
        given = tuple(self.readonly_fields)
        if not request.user.is_superuser or (obj is not None and obj.pk == request.user.pk):
            return given + RIGHTS
        return given

    # ---- the list -----------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        found: QuerySet[User] = super().get_queryset(request)
        return found.prefetch_related("memberships__team", "identities")

    @admin.display(description=_("name"), ordering="display_name")
    def named(self, person: User) -> str:
        return str(person)

    @admin.display(description=_("teams"))
    def in_teams(self, person: User) -> str:
        return ", ".join(sorted({each.team.slug for each in person.memberships.all()})) or "-"

    @admin.display(description=_("signs in by"))
    def providers(self, person: User) -> str:
        names = {each.provider for each in person.identities.all()}
        return ", ".join(sorted(names | ({_local()} if person.has_usable_password() else set()))) or "-"

    @admin.display(description=_("last sign-in"), ordering="last_login")
    def last_sign_in(self, person: User) -> str:
        known = [each.last_login for each in person.identities.all()] + [person.last_login]
        last = max((at for at in known if at is not None), default=None)
        return f"{last:%Y-%m-%d %H:%M}" if last is not None else "-"

    @admin.display(description=_("admin"), boolean=True, ordering="is_superuser")
    def administrator(self, person: User) -> bool:
        return bool(person.is_superuser and person.is_staff)

    # ---- acts ---------------------------------------------------------------------------------

    @admin.action(description=_("Deactivate: they are out within seconds"), permissions=["change"])
    def deactivate(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        self._each(request, chosen, "deactivate")

    @admin.action(description=_("Reactivate"), permissions=["change"])
    def reactivate(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        self._each(request, chosen, "reactivate")

    @admin.action(description=_("Sign out everywhere"), permissions=["change"])
    def sign_out_everywhere(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        self._each(request, chosen, "sign_out_everywhere")

    def _each(self, request: HttpRequest, chosen: QuerySet[User], act: str) -> None:
        done = 0
        for person in chosen:
            why = self.act(request, person, act)
            if why is None:
                done += 1
            else:
                self.message_user(request, f"{person}: {why}", messages.ERROR)
        if done:
            text = ngettext("Done for %(count)d person.", "Done for %(count)d people.", done)
            self.message_user(request, text % {"count": done}, messages.SUCCESS)

    def act(self, request: HttpRequest, person: User, act: str) -> str | None:
        """Do one of the three; -> why not, or None."""
        if not self.has_change_permission(request, person):
            return str(_("Only an administrator may do that."))
        with transaction.atomic():
            if act == "deactivate" and (why := why_kept(person, request.user)) is not None:
                return why
            getattr(services, act)(person, request.user)
        return None

    # ---- pages --------------------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [
            path("<path:object_id>/access/", wrap(self.access), name="accounts_user_access"),
            path("<path:object_id>/act/<str:act>/", wrap(self.act_page), name="accounts_user_act"),
            *super().get_urls(),
        ]

    def access(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What can this person see, and why."""
        return pages.access(self, request, object_id)

    def act_page(self, request: HttpRequest, object_id: str, act: str) -> HttpResponse:
        """Ask once more, then do it."""
        return pages.act(self, request, object_id, act)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Whoever signs in by a provider gets no password from anybody: it would open what they wrote."""
        person = self.get_object(request, unquote(id))
        if person is not None and _only_by_a_provider(person):
            raise PermissionDenied
        answer: HttpResponse = super().user_change_password(request, id, form_url)
        return answer

    # ---- saving -------------------------------------------------------------------------------

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **named: Any) -> Any:
        form = super().get_form(request, obj, change=change, **named)
        return type(form.__name__, (form,), {"by": request.user}) if obj is not None else form

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        return [] if obj is None else [Identities, TeamsByHand, TeamsByProvider]

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        save_memberships(request, formset)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        with end_rights_that_went(form.instance if change else None):
            super().save_related(request, form, formsets, change)


def _only_by_a_provider(person: User) -> bool:
    return not person.has_usable_password() and person.identities.exists()


def _local() -> str:
    return str(_("password"))
