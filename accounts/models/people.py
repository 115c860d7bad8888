"""People: the project's own user model, there from the first migration."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Users(BaseUserManager["User"]):
    """Makes people. A person without a password cannot sign in by one."""

    use_in_migrations = True

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> User:
        """A saved person; ValueError without a name, or with rights that `create_superuser` gives."""
        fields.setdefault("is_staff", False)
        fields.setdefault("is_superuser", False)
        return self._create(username, password, fields)

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> User:
        """A saved administrator: staff and superuser, always both."""
        fields.setdefault("is_staff", True)
        fields.setdefault("is_superuser", True)
        if not (fields["is_staff"] and fields["is_superuser"]):
            raise ValueError("An administrator is staff and superuser.")
        return self._create(username, password, fields)

    def get_by_natural_key(self, username: str | None) -> User:
        found: User = self.get(username=username)
        return found

    def _create(self, username: str, password: str | None, fields: dict[str, Any]) -> User:
        if not username:
            raise ValueError("A person needs a username.")
        user: User = self.model(username=self.model.normalize_username(username), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """One person. The id is opaque, never reused and safe to send upstream; e-mail is nobody's key.

    switched_off_by: `sync:<provider>` where a sync found the person gone: who comes back is let in again.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    username = models.CharField(
        _("username"),
        max_length=150,
        unique=True,
        validators=[UnicodeUsernameValidator()],
        error_messages={"unique": _("A person with that username exists.")},
    )
    display_name = models.CharField(_("display name"), max_length=150, blank=True)
    is_staff = models.BooleanField(_("staff"), default=False, help_text=_("May open the admin."))
    is_active = models.BooleanField(
        _("active"),
        default=True,
        help_text=_("Switch off instead of deleting: nothing of this person counts then."),
    )
    switched_off_by = models.CharField(max_length=64, blank=True, default="", editable=False)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now, editable=False)

    objects: ClassVar[Users] = Users()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ("username",)

    def __str__(self) -> str:
        return self.get_full_name()

    def get_full_name(self) -> str:
        """What others see: the display name, or the username where there is none."""
        return str(self.display_name or self.username)

    def get_short_name(self) -> str:
        return self.get_full_name()
