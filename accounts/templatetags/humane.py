"""Numbers and reasons as a person reads them."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _

from accounts.explain import Because

register = template.Library()


@register.filter
def short(number: int | None) -> str:
    """1234567 -> 1.2M."""
    value = float(number or 0)
    for unit in ("", "k", "M"):
        if value < 1000:
            return f"{value:.1f}{unit}" if unit and value < 100 else f"{value:.0f}{unit}"
        value /= 1000
    return f"{value:.1f}G"


@register.filter
def because(why: Because) -> str:
    """One reason, as a sentence's part."""
    texts = {
        "hand": _("by hand, by an administrator or a lead"),
        "group": _("by group_map of %(provider)s: %(said)s"),
        "scope_map": _("by scope_map of %(provider)s for %(said)s"),
        "admin_groups": _("by admin_groups of %(provider)s: %(said)s"),
        "default": _("everybody has it: no provider has a scope_map"),
        "local": _("a person of no provider has it"),
        "team": _("by being in %(said)s"),
    }
    said = ", ".join(why.said) or _("(no line of it any more)")
    text = texts[why.how] % {"provider": why.provider, "said": said}
    return text if why.known else text + " " + _("(not in the configuration any more)")
