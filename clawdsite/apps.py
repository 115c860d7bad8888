"""Django's admin behind a door of ours."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class Admin(AdminConfig):
    """`admin.site` is `clawdsite.admin_site.Site`, whoever registers there."""

    default_site = "clawdsite.admin_site.Site"
