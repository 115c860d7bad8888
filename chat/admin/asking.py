"""What the pages about access ask for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat.models import Grant

LONGEST_REASON = 500


class Reason(forms.CharField):
    """Why, in a sentence: it stands in the audit log and is shown to the owner."""

    def __init__(self) -> None:
        text = _("It stands in the audit log, and the owner of the conversation reads it.")
        super().__init__(label=_("reason"), max_length=LONGEST_REASON, help_text=text)
        self.widget.attrs["size"] = 60


class GrantForm(forms.Form):
    """To whom, for how long, why."""

    person = forms.ModelChoiceField(User.objects.filter(is_active=True), label=_("person"))
    days = forms.IntegerField(label=_("days"), min_value=1, max_value=30, initial=7)
    reason = Reason()

    def __init__(self, *args: Any, site: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.fields["person"].widget = AutocompleteSelect(Grant._meta.get_field("person"), site)
        self.fields["person"].widget.choices = self.fields["person"].choices


class LookForm(forms.Form):
    """Why the administrator must read this."""

    reason = Reason()
