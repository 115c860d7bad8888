"""Rules that look at several keys or apply in production alone (security.md H-39, H-40, H-44)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clawdsite.core.config import addresses, browsers, issuers, providers, rsa
from clawdsite.core.config.catalogue import catalogue
from clawdsite.core.config.mounted import open_to_others
from clawdsite.core.config.problems import NOT_YET, Finding
from clawdsite.core.config.schema import Config
from clawdsite.core.config.tree import Entry
from clawdsite.core.config.tree import Path as TreePath
from clawdsite.core.config.weak import SHORTEST, weak_secret

DEBUG_PORT: Final = ("debug_port",)
AT_ONCE: Final = ("upstream", "max_connections")
MEASURE: Final = "clawdbot check --upstream measures it"
AUTHORIZATION_WORDS: Final = ("none", "forward")
IN_PROMPTS: Final = ("name", "language", "team", "date")
BRACED: Final = re.compile(r"\{([a-z_]+)\}")
SLUG: Final = re.compile(r"[-a-zA-Z0-9_]+")
CREDENTIALS: Final = re.compile(r"[!-~]+ [ -~]*[!-~]")  # RFC 9110 section 11.4: a scheme, a blank, the rest


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules need to know of the file besides the values in it.

    exposed: path of a secret -> (file it stands in, that file's mode), where others may read that file.
    named: whether the file itself names these keys.
    """

    exposed: dict[TreePath, tuple[str, str]]
    named: frozenset[TreePath]


def facts(root: Entry, path: Path) -> Facts:
    """Look at the tree and at the permissions of the files that its secrets come from."""
    exposed: dict[TreePath, tuple[str, str]] = {}
    for place, entry in _secrets(root):
        file = str(path) if _stands_in_the_open(place, entry) else entry.file
        if file and (mode := open_to_others(Path(file))):
            exposed[place] = file, mode
    return Facts(exposed, frozenset(place for place in (DEBUG_PORT, AT_ONCE) if root.at(place)))


def _secrets(root: Entry) -> Iterator[tuple[TreePath, Entry]]:
    for key in catalogue().values():
        if not key.secret:
            continue
        found: list[tuple[TreePath, Entry]] = [((), root)]
        for step in key.path.split("."):
            below = [((*place, step), child) for place, entry in found if (child := entry.child(step))]
            found = []
            for place, entry in below:
                items = entry.value if isinstance(entry.value, list) else None
                found += [(place, entry)] if items is None else []
                found += [((*place, index), item) for index, item in enumerate(items or [])]
        yield from found


def _stands_in_the_open(place: TreePath, entry: Entry) -> bool:
    """Whether config.yaml itself holds this secret."""
    if not entry.literal or not isinstance(entry.value, str) or not entry.value:
        return False
    if place[-1] in ("database_url", "redis_url"):
        return addresses.has_password(entry.value)
    return place[-1] != "authorization" or entry.value not in AUTHORIZATION_WORDS


def judge(config: Config, known: Facts) -> list[Finding]:
    """All that the rules find, refusals and warnings."""
    return [
        *_server(config, known),
        *_networks(config),
        *_secret_files(config, known),
        *_stored(config),
        *issuers.judge(config),
        *providers.judge(config),
        *browsers.judge(config),
        *_upstream(config, known),
        *_models(config),
        *_prompts(config),
    ]


def _server(config: Config, known: Facts) -> Iterator[Finding]:
    server = config.server
    if server.workers > 1:
        needs = "" if config.redis_url.get_secret_value() else ": it needs redis_url"
        yield Finding(("server", "workers"), f"more than one is {NOT_YET}{needs}")
    if not server.host or re.search(r"[\s/]", server.host):
        yield Finding(("server", "host"), "expected an address or a host name, without http:// and port")
    elif config.development and not addresses.loopback(server.host):
        message = "development mode can be reached from other machines"
        yield Finding(("server", "host"), message, refused=False)
    if config.development and config.debug_port and config.debug_port == server.port:
        yield Finding(DEBUG_PORT, "is server.port too", "choose another, or 0")
    if DEBUG_PORT in known.named and config.debug_port and not config.development:
        yield Finding(DEBUG_PORT, "is never opened in production", refused=False)
    yield from _public_url(config)


def _public_url(config: Config) -> Iterator[Finding]:
    server, path = config.server, ("server", "public_url")
    if not server.public_url:
        if not config.development:
            yield Finding(path, f"is not set; people are told {config.public_url}", refused=False)
    elif wrong := addresses.url_fault(server.public_url, path=False):
        yield Finding(path, wrong)
    elif config.development or not addresses.readable_on_the_way(server.public_url):
        return
    elif not server.allow_http:
        yield Finding(path, "is plain http", "use https, or say server.allow_http: true on purpose")
    else:
        message = "plain http on purpose: tokens and conversations can be read on the way"
        yield Finding(("server", "allow_http"), message, refused=False)


def _networks(config: Config) -> Iterator[Finding]:
    listed = {
        ("server", "trusted_proxies"): config.server.trusted_proxies,
        ("metrics", "allow"): config.metrics.allow,
    }
    for path, networks in listed.items():
        for index, network in enumerate(networks):
            if wrong := addresses.network_fault(network):
                yield Finding((*path, index), wrong)
            elif addresses.everyone(network):
                yield Finding((*path, index), "names every address there is", refused=False)
    for index, origin in enumerate(config.server.cors_origins):
        if wrong := addresses.origin_fault(origin):
            yield Finding(("server", "cors_origins", index), wrong)


def _secret_files(config: Config, known: Facts) -> Iterator[Finding]:
    for path, (file, mode) in known.exposed.items():
        message = f"is a secret in a file that others may read ({file}, mode {mode})"
        yield Finding(path, message, f"chmod 600 {file}", refused=not config.development)


def _stored(config: Config) -> Iterator[Finding]:
    if wrong := addresses.database_fault(config.database_url.get_secret_value()):
        yield Finding(("database_url",), wrong)
    redis = config.redis_url.get_secret_value()
    if redis and (wrong := addresses.redis_fault(redis)):
        yield Finding(("redis_url",), wrong)
    elif addresses.redis_readable_on_the_way(redis):
        message = "goes to another machine without TLS: answers can be read on the way"
        yield Finding(("redis_url",), message, "use rediss://", refused=False)
    key = config.secret_key.get_secret_value()
    if key and _weak_key(key):
        message = f"is weak: {SHORTEST} random bytes or more are needed"
        yield Finding(("secret_key",), message, issuers.MAKE, refused=not config.development)
    signing = config.auth.signing_key.get_secret_value()
    if signing and (wrong := rsa.private_fault(signing)):
        yield Finding(("auth", "signing_key"), wrong)
    yield from _pepper(config)
    if config.logging.sample_bodies >= 1 and not config.development:
        message = "would keep the body of every request"
        yield Finding(("logging", "sample_bodies"), message, "0.01 keeps one in a hundred")


def _pepper(config: Config) -> Iterator[Finding]:
    pepper = config.auth.pepper.get_secret_value().encode()
    if pepper and len(pepper) < SHORTEST:
        message = f"is too short: {len(pepper)} bytes, needs {SHORTEST} or more"
        yield Finding(("auth", "pepper"), message, issuers.MAKE)
    elif pepper and weak_secret(pepper):
        message = "stands on a public list of secrets"
        yield Finding(("auth", "pepper"), message, issuers.MAKE, refused=not config.development)


def _weak_key(key: str) -> bool:
    octets = key.encode()
    return len(octets) < SHORTEST or key.startswith("django-insecure") or weak_secret(octets)


def _upstream(config: Config, known: Facts) -> Iterator[Finding]:
    upstream = config.upstream
    if wrong := addresses.url_fault(upstream.url):
        yield Finding(("upstream", "url"), wrong)
    authorization = upstream.authorization.get_secret_value()
    if authorization not in AUTHORIZATION_WORDS and not CREDENTIALS.fullmatch(authorization):
        message = 'expected none, forward, or a value such as "Bearer ${X}"'
        yield Finding(("upstream", "authorization"), message)
    if AT_ONCE not in known.named:
        message = f"is {upstream.max_connections} by default; it should equal OLLAMA_NUM_PARALLEL"
        yield Finding(AT_ONCE, message, MEASURE, refused=False)
    for name in ("load_timeout", "first_token_timeout", "timeout"):
        if getattr(upstream, name) > upstream.total_timeout:
            yield Finding(("upstream", name), "is longer than upstream.total_timeout", refused=False)


def _models(config: Config) -> Iterator[Finding]:
    aliases = config.models.aliases
    circles: set[frozenset[str]] = set()
    for alias, target in aliases.items():
        if not target.strip():
            yield Finding(("models", "aliases", alias), "must not be empty")
        walked = [alias]
        while target in aliases and target not in walked:
            walked.append(target)
            target = aliases[target]
        if target == alias and frozenset(walked) not in circles:
            circles.add(frozenset(walked))
            message = f"leads back to itself: {' -> '.join([*walked, alias])}"
            yield Finding(("models", "aliases", alias), message)


def _prompts(config: Config) -> Iterator[Finding]:
    """Words in braces that would go up as they are, and keys that name nothing."""
    models, teams = config.models.system_prompts, config.chat.team_prompts
    written: dict[TreePath, str] = {("models", "system_prompt"): config.models.system_prompt}
    written |= {("models", "system_prompts", name): text for name, text in models.items()}
    written |= {("chat", "team_prompts", slug): text for slug, text in teams.items()}
    for path, text in written.items():
        for word in dict.fromkeys(BRACED.findall(text)):
            if word not in IN_PROMPTS:
                known = ", ".join(f"{{{one}}}" for one in IN_PROMPTS)
                yield Finding(path, f"{{{word}}} stands for nothing", f"there are {known}")
    for name in models:
        target = config.models.aliases.get(name)
        if target is not None:
            path = ("models", "system_prompts", name)
            yield Finding(path, "is an alias", f"name the model itself: {target}", refused=False)
    for slug in teams:
        if not SLUG.fullmatch(slug):
            yield Finding(("chat", "team_prompts", slug), "is no team's slug", "e.g. team-a")
