"""What people are told: a fixed sentence for each code, never a provider's own text."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

# code -> what happened, what to do
FAILED: Final[dict[str, tuple[Any, Any]]] = {
    "denied": (
        _("The sign-in was not completed."),
        _("You declined it, or the provider did. Try again if that was not meant."),
    ),
    "expired": (
        _("The sign-in took too long, or its link was used before."),
        _("Start again below."),
    ),
    "provider_unavailable": (
        _("The sign-in service does not answer at the moment."),
        _("Wait a minute and try again. If it stays like this, tell your administrator."),
    ),
    "not_a_member": (
        _("This account may not use this gateway."),
        _("Use an account of this organisation, or ask your administrator for access."),
    ),
    "email_conflict": (
        _("Your e-mail address belongs to another account here."),
        _("Ask your administrator, who can connect the two."),
    ),
    "misconfigured": (
        _("The sign-in is not set up correctly."),
        _("Only your administrator can mend that. Send along the reference."),
    ),
    "invalid_response": (
        _("The sign-in service sent an answer that cannot be trusted."),
        _("Start again below. If it happens again, tell your administrator the reference."),
    ),
    "lost": (
        _("This sign-in cannot be continued here."),
        _(
            "The link was used already, is older than ten minutes, or belongs to another browser or window. "
            "Start again below."
        ),
    ),
    "password": (
        _("The name or the password is wrong."),
        _("Check both and try again."),
    ),
    "too_many": (
        _("Too many attempts."),
        _("Wait a moment, then try again."),
    ),
}

KINDS: Final[dict[str, Any]] = {
    "oidc": _("Company account"),
    "keycloak": _("Company account"),
    "authing": "Authing",
    "wecom": _("WeCom"),
    "dingtalk": _("DingTalk"),
    "feishu": _("Feishu"),
    "lark": "Lark",
}

# A sign of each without its makers' brand, which is theirs.
MARKS: Final[dict[str, str]] = {
    "oidc": "ID",
    "keycloak": "ID",
    "authing": "ID",
    "wecom": "企",
    "dingtalk": "钉",
    "feishu": "飞",
    "lark": "飞",
}
