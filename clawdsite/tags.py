"""For templates: `{% load assets %}` and `{% asset "chat.js" %}`."""

from __future__ import annotations

from django import template

from clawdsite.core import assets

register = template.Library()
register.simple_tag(assets.address, name="asset")
