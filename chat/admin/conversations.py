"""One page for each conversation: whose it is and who reads it; never its title, never its text."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from accounts.admin import pages
from accounts.admin.base import ReadOnly
from accounts.leads import is_administrator
from chat.admin import readers
from chat.admin.asking import GrantForm, LookForm
from chat.models import Conversation, Grant
from chat.services import granting

ASKED: Final = frozenset({"id", "owner", "team", "created", "updated"})


@admin.register(Conversation)
class ConversationAdmin(ReadOnly):
    """For administrators alone: neither staff with rights nor a team's lead opens any page of it."""

    list_display = ("id", "owner", "team", "created", "updated", "number_of_messages")
    list_filter = (("team", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("owner", "team")
    search_fields = ("=id", "=owner__username", "owner__display_name", "=team__slug")
    search_help_text = _("An id, an owner or a team: what was written cannot be searched here.")
    ordering = ("-created",)
    date_hierarchy = "created"
    fields = ("id", "owner", "team", "created", "updated", "number_of_messages")
    change_form_template = "admin/clawdbot/conversation.html"
    show_full_result_count = False

    # ---- who may -----------------------------------------------------------------------------------

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_administrator(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_administrator(request)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Nobody guesses a title by `?title__startswith=`: only what the list shows may be asked for."""
        asked = lookup.split("__")[0] in ASKED
        return asked and bool(super().lookup_allowed(lookup, value, request))

    # ---- what there is -----------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        """Without what was written: the title is not even read."""
        found: QuerySet[Conversation] = super().get_queryset(request)
        return found.filter(deleted=None).defer("title").annotate(count=Count("messages"))

    @admin.display(description=_("messages"), ordering="count")
    def number_of_messages(self, row: Any) -> int:
        return int(row.count)

    def get_urls(self) -> list[Any]:
        wrap, name = self.admin_site.admin_view, "chat_conversation_"
        return [
            path("<path:object_id>/access/", wrap(self.access), name=f"{name}access"),
            path("<path:object_id>/grant/", wrap(self.grant), name=f"{name}grant"),
            path("<path:object_id>/grant/<int:number>/end/", wrap(self.end), name=f"{name}end"),
            path("<path:object_id>/break-glass/", wrap(self.break_glass), name=f"{name}break_glass"),
            path("<path:object_id>/content/", wrap(self.content), name=f"{name}content"),
            *super().get_urls(),
        ]

    # ---- who reads it, and why ---------------------------------------------------------------------

    def access(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Everybody who can read this conversation, each with the reason; and who could."""
        row = pages.found(self, request, object_id, change=False)
        facts = {"readers": readers.of(row), "grants": readers.grants(row)}
        return pages.draw(self, request, "readers.html", say("Who can see it, and why"), row, **facts)

    def grant(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let one person read it for a while; what may not be is refused with 403."""
        row = pages.found(self, request, object_id, change=False)
        form, status = GrantForm(request.POST or None, site=self.admin_site), 200
        if request.method == "POST" and form.is_valid():
            asked = form.cleaned_data
            lasts = timedelta(days=asked["days"])
            try:
                granting.grant(row, asked["person"], request.user, reason=asked["reason"], lasts=lasts)
            except granting.NotGranted:
                form.add_error("person", say("Neither yourself nor another administrator can be chosen."))
                status = 403
            else:
                text = say("%(person)s can read it now. The owner is told.") % {"person": asked["person"]}
                self.message_user(request, text, messages.SUCCESS)
                return HttpResponseRedirect(pages.address(self, "access", row))
        page = pages.draw(self, request, "grant.html", say("Let somebody read it"), row, form=form)
        page.status_code = status
        return page

    def end(self, request: HttpRequest, object_id: str, number: int) -> HttpResponse:
        """Take a grant back, asked once."""
        row = pages.found(self, request, object_id, change=False)
        made = row.grants.filter(pk=number, break_glass=False).select_related("person").first()
        if made is None:
            raise Http404
        if request.method != "POST":
            text = say("%(person)s reads it no more, within seconds.") % {"person": made.person}
            facts = {"text": text, "label": say("End the grant"), "dangerous": True}
            return pages.draw(self, request, "confirm.html", say("End the grant"), row, **facts)
        if granting.end(made, request.user):
            self.message_user(request, say("The grant has ended."), messages.SUCCESS)
        return HttpResponseRedirect(pages.address(self, "access", row))

    # ---- break-glass -------------------------------------------------------------------------------

    def break_glass(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask why; then the line is written, and only then the content opens."""
        row = pages.found(self, request, object_id, change=False)
        form = LookForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            granting.open_glass(row, request.user, form.cleaned_data["reason"])
            return HttpResponseRedirect(pages.address(self, "content", row))
        return self._ask_why(request, row, form)

    def _ask_why(self, request: HttpRequest, row: Any, form: LookForm) -> HttpResponse:
        title = say("Break the glass: read what was written")
        facts = {"form": form, "asked": pages.address(self, "break_glass", row)}
        return pages.draw(self, request, "break_glass.html", title, row, **facts)

    def content(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What was written, as plain text, to who broke the glass less than 30 minutes ago.

        To others 403, and the question why.
        """
        row = pages.found(self, request, object_id, change=False)
        made: Grant | None = granting.look(row, request.user) if request.method == "GET" else None
        if made is None:
            text = say("It is not open to you. A look lasts 30 minutes.")
            self.message_user(request, text, messages.WARNING)
            page = self._ask_why(request, row, LookForm())
            page.status_code = 403
            return page
        turns = row.messages.select_related("asker").order_by("id")
        facts = {"turns": turns, "until": made.until, "reason": made.reason}
        return pages.draw(self, request, "content.html", say("What was written"), row, **facts)
