"""Memberships inside the pages of teams and people: by hand to change, by a provider to read."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import services
from accounts.admin.base import Bare, GivenInline
from accounts.leads import led_by
from accounts.models import Membership, User


class MembershipForm(forms.ModelForm):
    """Whose and where is said once; afterwards only the role changes."""

    class Meta:
        model = Membership
        fields = ("user", "team", "role")

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        if self.instance.pk:
            for name in {"user", "team"} & self.fields.keys():
                self.fields[name].disabled = True


class NamedForm(forms.ModelForm):
    """A lead names people as they are called here; there is no list to look through."""

    who = forms.CharField(
        label=_("person"),
        max_length=255,
        help_text=_("Username, verified e-mail, or the id at the provider, exactly."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    class Meta:
        model = Membership
        fields = ()

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        if self.instance.pk:
            self.fields["who"].disabled = True
            self.initial["who"] = f"{self.instance.user} ({self.instance.user.username})"

    def clean_who(self) -> str:
        """The person by that name becomes the row's."""
        who = str(self.cleaned_data["who"])
        if not self.instance.pk:
            self.instance.user = person_called(who.strip())
        return who


def person_called(name: str) -> User:
    """The one active person with this username, id at a provider, or e-mail that a provider has verified."""
    known = Q(username=name) | Q(identities__subject=name)
    known |= Q(identities__email__iexact=name, identities__email_verified=True)
    found = User.objects.filter(known, is_active=True).distinct()[:2]
    if len(found) != 1:
        raise ValidationError(_("Nobody here goes by that name. Ask the person for their username."))
    return found[0]


class OncePerTeam(forms.BaseInlineFormSet):
    """The same person twice in a team by hand is one person too many."""

    def clean(self) -> None:
        super().clean()
        seen = set()
        for form in self.forms:
            row = form.instance
            if form in self.deleted_forms or row.user_id is None or row.team_id is None and not self.fk:
                continue
            if not form.has_changed() and not row.pk:
                continue
            key = (row.user_id, row.team_id)
            if key in seen or (not row.pk and self._is_there(row)):
                form.add_error(None, _("This person is in this team already."))
            seen.add(key)

    def _is_there(self, row: Membership) -> bool:
        if row.team_id is None:
            return False
        return Membership.objects.filter(user_id=row.user_id, team_id=row.team_id, source="").exists()


class ByHand(Bare, admin.TabularInline):
    """Made in the admin, and changed here."""

    model = Membership
    form = MembershipForm
    formset = OncePerTeam
    fields: tuple[str, ...] = ("user", "role", "since")
    readonly_fields = ("since",)
    autocomplete_fields: tuple[str, ...] = ("user",)
    extra = 0
    verbose_name = _("member")
    verbose_name_plural = _("members by hand")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        found: QuerySet[Membership] = super().get_queryset(request)
        return found.filter(source="").select_related("user", "team").order_by("since")


class ByHandForLeads(ByHand):
    """What a lead may do: add members, and take members out again. Leads are made by administrators."""

    form = NamedForm
    fields = ("who", "since")
    autocomplete_fields = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).filter(role=Membership.Role.MEMBER, team__in=led_by(request))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _leads(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _leads(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _leads(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _leads(request, obj)


class Named(GivenInline):
    """People by name alone, without the links to their pages that Django adds."""

    @admin.display(description=_("person"))
    def person(self, row: Membership) -> str:
        return f"{row.user} ({row.user.username})"


class Leads(Named):
    """Who leads the team, for those who may not change it."""

    model = Membership
    fields = readonly_fields = ("person", "since")
    verbose_name = _("lead")
    verbose_name_plural = _("leads")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        found: QuerySet[Membership] = super().get_queryset(request)
        leads = found.filter(role=Membership.Role.LEAD, source="", team__in=led_by(request))
        return leads.select_related("user")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _leads(request, obj)


class ByProvider(GivenInline):
    """Given, and taken, by a provider's groups."""

    model = Membership
    fields: tuple[str, ...]
    readonly_fields: tuple[str, ...]
    fields = readonly_fields = ("user", "role", "source", "since")
    verbose_name = _("membership given by a provider")
    verbose_name_plural = _("members given by a provider (changed there, not here)")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        found: QuerySet[Membership] = super().get_queryset(request)
        return found.exclude(source="").select_related("user", "team").order_by("source", "since")


class ByProviderForLeads(Named, ByProvider):
    """The same for a lead."""

    fields = readonly_fields = ("person", "role", "source", "since")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).filter(team__in=led_by(request))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _leads(request, obj)


class TeamsByHand(ByHand):
    """The same from the person's side."""

    fields = ("team", "role", "since")
    autocomplete_fields = ()
    verbose_name = _("team")
    verbose_name_plural = _("teams by hand")


class TeamsByProvider(ByProvider):
    """The same from the person's side."""

    fields = readonly_fields = ("team", "role", "source", "since")
    verbose_name_plural = _("teams given by a provider (changed there, not here)")


def _leads(request: HttpRequest, team: Any) -> bool:
    """Of this team; without one whether rows are looked for at all: which they are says the queryset."""
    mine = led_by(request)
    return bool(mine) if team is None else team.pk in mine


def save_memberships(request: HttpRequest, formset: Any) -> None:
    """What the rows say, done by the services: audit, revocation and membership in one transaction.

    Rows that are only read change nothing, whatever was sent for them.
    """
    if not isinstance(formset, OncePerTeam):
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        return
    formset.save(commit=False)
    by = request.user
    for gone in formset.deleted_objects:
        services.remove_member(gone.team, gone.user, by)
    for row, _changed in formset.changed_objects:
        services.set_role(row.team, row.user, row.role, by)
    for row in formset.new_objects:
        services.add_member(row.team, row.user, by, role=row.role)
