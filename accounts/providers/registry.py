"""The enabled providers of the configuration in force, each made once."""

from __future__ import annotations

import threading
from typing import Final

from accounts.providers.base import SignOn
from clawdsite.core.config.live import current
from clawdsite.core.config.schema import Config, Provider

_making: Final = threading.Lock()
_made: tuple[Config, dict[str, SignOn]] | None = None


def get(slug: str) -> SignOn:
    """The enabled provider of this name; KeyError if there is none."""
    return _current()[slug]


def all() -> tuple[SignOn, ...]:
    """The enabled providers, in the file's order."""
    return tuple(_current().values())


def make(provider: Provider) -> SignOn:
    """What speaks with this provider. Its class is imported here: of five kinds a gateway mostly has one,
    and OIDC's needs Django's models, which are not there when this module is first imported."""
    if provider.provider == "wecom":
        from accounts.providers.wecom import WeCom

        return WeCom(provider)
    if provider.provider == "dingtalk":
        from accounts.providers.dingtalk import DingTalk

        return DingTalk(provider)
    if provider.provider in ("feishu", "lark"):
        from accounts.providers.feishu import Feishu

        return Feishu(provider)
    from accounts.providers.oidc import OIDC

    return OIDC(provider)


def _current() -> dict[str, SignOn]:
    """Made anew when a reload swapped the configuration; whose entry stayed the same stays the same object,
    with whatever it remembers (app tokens)."""
    global _made
    config = current()
    made = _made
    if made is not None and made[0] is config:
        return made[1]
    with _making:
        if _made is None or _made[0] is not config:
            known = _made[1] if _made is not None else {}
            _made = config, {one.slug: _kept(one, known.get(one.slug)) for one in config.providers}
        return _made[1]


def _kept(provider: Provider, known: SignOn | None) -> SignOn:
    return known if known is not None and known.config == provider else make(provider)
