"""`clawdbot` on the command line: its own commands, and Django's under the same name."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Final

from clawdsite import __version__
from clawdsite.cli import given
from clawdsite.core.config.load import VARIABLE, ConfigErrors
from clawdsite.core.config.nearest import nearest
from clawdsite.core.config.units import to_seconds

OWN: Final = {
    "start": "serve",
    "check": "say what is wrong with the configuration",
    "explain": "say what a key is set to, and where",
    "token": "tokens for trying out",
    "client": "machine clients and their secrets",
    "keys": "the keys that sign the gateway's own tokens",
    "explain-access": "say what a person can see, and why",
    "audit": "the log of who did what",
    "sso": "signing in by the company's provider",
}
SETTINGS: Final = "clawdsite.settings"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code: 0 done, 1 it could not be done, 2 it was called wrongly.

    argv: the words after the program's name. What is none of our commands goes to Django.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    try:
        if words and not words[0].startswith("-") and words[0] not in OWN:
            return _django(words)
        return _own(words)
    except (ConfigErrors, given.NoConfiguration) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _own(words: list[str]) -> int:
    parser = _parser()
    try:
        args = parser.parse_args(words)
    except SystemExit as leaving:  # argparse has said why
        return int(leaving.code or 0)
    if args.command is None:
        parser.print_help(sys.stderr)
        return 2
    if args.command == "start":
        given.path(args.config)  # it must be there; start reads it
    if args.command in ("token", "client", "keys", "explain-access", "audit", "sso"):
        given.install(args.config)  # Django's settings are made of it
    return int(importlib.import_module(f"clawdsite.cli.{args.command.replace('-', '_')}").run(args))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="clawdbot",
        description="The door in front of a company's own language model.",
        epilog="Django's commands (migrate, createsuperuser, ...) work too; `clawdbot help` lists them.",
    )
    parser.add_argument("--version", action="version", version=f"clawdbot {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    made = {name: commands.add_parser(name, help=text, description=text) for name, text in OWN.items()}
    _start(made["start"])
    _configured(made["check"])
    made["check"].add_argument(
        "--upstream", action="store_true", help="measure how many calls the model serves"
    )
    _configured(made["explain"])
    made["explain"].add_argument(
        "key", metavar="KEY", help="such as upstream.timeout; a section gives all its keys"
    )
    _token(made["token"])
    _client(made["client"])
    _keys(made["keys"])
    _configured(made["explain-access"])
    made["explain-access"].add_argument(
        "person", metavar="PERSON", help="username, id, name, e-mail, or PROVIDER:ID"
    )
    audit = made["audit"].add_subparsers(dest="action", metavar="verify | head", required=True)
    verify = audit.add_parser("verify", help="is every line as it was written, and none missing between?")
    verify.add_argument("--head", default="", help="what `audit head` said once: nor after that line?")
    _configured(verify)
    _configured(audit.add_parser("head", help="the seal of the last line, to be kept elsewhere"))
    _sso(made["sso"])
    return parser


def _configured(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", metavar="FILE", help=f"else ${VARIABLE}, else ./config.yaml")


def _start(parser: argparse.ArgumentParser) -> None:
    _configured(parser)
    parser.add_argument(
        "--no-debug-port", action="store_true", help="development without the port that asks nobody"
    )
    parser.add_argument("--workers", type=_workers, metavar="N", help="instead of server.workers")
    parser.add_argument("--demo", action="store_true", help="a simulated model, if no Ollama answers")


def _token(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="issue", required=True)
    issue = actions.add_parser("issue", help="print a token signed by the gateway's own key")
    _configured(issue)
    issue.add_argument("--sub", metavar="NAME", help="who the token names")
    issue.add_argument("--scope", metavar="SCOPES", help='such as "chat:read chat:write"')
    issue.add_argument("--ttl", type=_seconds, metavar="DURATION", help="such as 1h; at most 24h")


def _client(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="create|rotate|revoke|list", required=True)
    create = actions.add_parser("create", help="make a client; prints its secret, this once")
    create.add_argument("name", metavar="NAME", help="what people call it")
    create.add_argument("--scope", required=True, metavar="SCOPES", help='such as "chat:read chat:write"')
    create.add_argument("--ttl", type=_seconds, default=600.0, metavar="DURATION", help="of tokens: 1m to 1h")
    create.add_argument("--expires", type=_seconds, metavar="DURATION", help="from now, such as 90d")
    create.add_argument("--owner", metavar="USERNAME", help="the person who answers for it")
    rotate = actions.add_parser("rotate", help="give it another secret; prints it, this once")
    rotate.add_argument("client", metavar="CLIENT", help="client id or name")
    rotate.add_argument(
        "--keep", type=_seconds, default=86400.0, metavar="DURATION", help="0: the old one is lost"
    )
    revoke = actions.add_parser("revoke", help="end it and its tokens, for good")
    revoke.add_argument("client", metavar="CLIENT", help="client id or name")
    revoke.add_argument("--reason", default="", metavar="TEXT", help="for the audit log")
    for each in (create, rotate, revoke, actions.add_parser("list", help="every client, without secrets")):
        _configured(each)


def _keys(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="rotate|list", required=True)
    rotate = actions.add_parser("rotate", help="make the next signing key")
    rotate.add_argument(
        "--now", action="store_true", help="the old one is lost: sign at once, refuse its tokens"
    )
    for each in (rotate, actions.add_parser("list", help="every key, and what it is good for")):
        _configured(each)


def _sso(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="check|sync", required=True)
    check = actions.add_parser("check", help="what is wrong with signing in, where, and the fix")
    check.add_argument("--provider", metavar="NAME", help="this one alone, also if it is switched off")
    check.add_argument(
        "--as", dest="subject", metavar="SUBJECT", help="who this id at the provider would be here, and why"
    )
    sync = actions.add_parser("sync", help="ask WeCom, DingTalk, Feishu and Lark about everybody now")
    sync.add_argument("--believe", action="store_true", help="so many did leave at once: switch them off")
    for each in (check, sync):
        _configured(each)


def _workers(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError("expected a whole number from 1 on")
    return int(text)


def _seconds(text: str) -> float:
    try:
        return to_seconds(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _django(words: list[str]) -> int:
    """Hand the words to Django, with the configuration that `--config FILE` among them names."""
    try:
        config, rest = _take_config(words)
    except SystemExit as leaving:
        return int(leaving.code or 0)
    given.install(config, required=False)
    import django
    from django.core.management import execute_from_command_line, get_commands

    django.setup()  # before get_commands, which remembers what it found the first time
    if rest[0] not in get_commands() and (meant := nearest(rest[0], list(OWN), cutoff=0.7)):
        print(f"clawdbot: there is no command {rest[0]}; did you mean {meant}?", file=sys.stderr)
        return 2
    execute_from_command_line(["clawdbot", *rest])
    return 0


def _take_config(words: list[str]) -> tuple[str | None, list[str]]:
    parser = argparse.ArgumentParser(prog=f"clawdbot {words[0]}", add_help=False, allow_abbrev=False)
    _configured(parser)
    known, rest = parser.parse_known_args(words)
    return known.config, rest
