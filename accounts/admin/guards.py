"""Nobody raises themselves, and somebody who can mend things is always left (H-46)."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.models import User


def administrators() -> list[User]:
    """Those who count, in one order and locked: two who remove each other do it one after the other."""
    found = User.objects.filter(is_active=True, is_staff=True, is_superuser=True).order_by("pk")
    return list(found.select_for_update())


def why_kept(user: User, by: User) -> str | None:
    """Why this person may not lose the admin by that person's hand; None if they may. In a transaction."""
    if user.pk == by.pk:
        return _("You cannot take the admin from yourself. Ask another administrator.")
    standing = administrators()
    if [each.pk for each in standing] == [user.pk]:
        return _("%(person)s is the last administrator. Make another one first.") % {"person": user}
    return None


def outranks(by: User, user: User) -> bool:
    """Whether `by` may change `user` at all: staff without all rights touches nobody who has some."""
    return bool(by.is_superuser or not (user.is_staff or user.is_superuser))
