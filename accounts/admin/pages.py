"""Pages beside Django's own: ask before an act, and show what a person can see."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import explain

ACTS: Final[dict[str, tuple[Any, Any]]] = {
    "deactivate": (
        gettext_lazy("Deactivate"),
        gettext_lazy(
            "Every session, token and running answer of this person ends within seconds. What they wrote"
            " stays, and they can be reactivated."
        ),
    ),
    "reactivate": (
        gettext_lazy("Reactivate"),
        gettext_lazy("This person can sign in again. Sessions and tokens from before stay dead."),
    ),
    "sign_out_everywhere": (
        gettext_lazy("Sign out everywhere"),
        gettext_lazy("Every session and token of this person ends within seconds. They can sign in again."),
    ),
}


def found(page: Any, request: HttpRequest, object_id: str, *, change: bool) -> Any:
    """The object behind one of our pages: 404 for none, 403 where only the right lacks."""
    obj = page.get_object(request, unquote(object_id))
    may = page.has_change_permission if change else page.has_view_or_change_permission
    if not may(request):
        raise PermissionDenied
    if obj is None:
        raise Http404
    if not may(request, obj):
        raise PermissionDenied
    return obj


def draw(
    page: Any, request: HttpRequest, template: str, title: str, obj: Any = None, **facts: Any
) -> TemplateResponse:
    """One of our templates with what Django's base expects."""
    context = {
        **page.admin_site.each_context(request),
        "title": title,
        "opts": page.opts,
        "original": obj,
        "back": address(page, "change", obj) if obj is not None else address(page, "changelist"),
        **facts,
    }
    request.current_app = page.admin_site.name
    return TemplateResponse(request, f"admin/clawdbot/{template}", context)


def address(page: Any, name: str, obj: Any = None) -> str:
    """Where a page of this model is."""
    args = () if obj is None else (obj.pk,)
    return reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_{name}", args=args)


def act(page: Any, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
    """Deactivate, reactivate, sign out: asked once, then done."""
    person = found(page, request, object_id, change=True)
    if name not in ACTS:
        raise Http404
    label, text = ACTS[name]
    if request.method != "POST":
        facts = {"text": text, "label": label, "dangerous": name != "reactivate"}
        return draw(page, request, "confirm.html", f"{label}: {person}", person, **facts)
    why = page.act(request, person, name)
    if why is None:
        page.message_user(request, _("Done: %(act)s.") % {"act": label}, messages.SUCCESS)
    else:
        page.message_user(request, why, messages.ERROR)
    return HttpResponseRedirect(address(page, "change", person))


def access(page: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """What this person can see, and why."""
    person = found(page, request, object_id, change=False)
    title = _("What %(person)s can see, and why") % {"person": person}
    return draw(page, request, "access.html", title, person, access=explain.access(person))
