"""Teams, and who belongs to them by whose word."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

SLUG = RegexValidator(
    r"^[a-z0-9][a-z0-9_-]{0,63}\Z", _("Use a-z, 0-9, _ and -, beginning with a letter or a digit.")
)


class Team(models.Model):
    """A team owns conversations. slug: what `history:<slug>` names; never changed once it is used.

    parent: for people to find their way; nothing is inherited from it.
    """

    class Visibility(models.TextChoices):
        PRIVATE = "private", _("private")
        TEAM = "team", _("the team")

    slug = models.CharField(_("slug"), max_length=64, unique=True, validators=[SLUG])
    name = models.CharField(_("name"), max_length=150, blank=True)
    parent = models.ForeignKey(
        "self",
        verbose_name=_("part of"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="children",
    )
    default_visibility = models.CharField(
        _("new conversations are seen by"),
        max_length=8,
        choices=Visibility.choices,
        default=Visibility.PRIVATE,
    )
    created = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ("slug",)

    def __str__(self) -> str:
        return self.name or self.slug


class Membership(models.Model):
    """One person in one team by one source: the same team may be given by hand and by a provider.

    source: empty for a membership made by hand; else the name of the provider that gives and takes it.
    """

    class Role(models.TextChoices):
        MEMBER = "member", _("member")
        LEAD = "lead", _("lead")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.CASCADE,
        related_name="memberships",
    )
    team = models.ForeignKey(
        Team, verbose_name=_("team"), on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(_("role"), max_length=8, choices=Role.choices, default=Role.MEMBER)
    source = models.CharField(_("given by"), max_length=32, blank=True, default="", editable=False)
    since = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = (
            models.UniqueConstraint(
                fields=("user", "team", "source"),
                name="one_membership_a_source",
                violation_error_message=_("This person is in this team already."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"
