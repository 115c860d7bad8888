"""`clawdbot start`: the configuration, what is refused, then serve."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
from argparse import Namespace
from pathlib import Path

import setproctitle

from clawdsite.core import log
from clawdsite.core.config import live
from clawdsite.core.config.load import ConfigErrors, Loaded, locate, read
from clawdsite.core.config.problems import NOT_YET
from clawdsite.core.config.schema import Config


def run(args: Namespace) -> int:
    """args: config, no_debug_port, workers, demo -> exit code: 0 after a drain, 1 cannot, 2 not allowed."""
    setproctitle.setproctitle("clawdbot")
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until somebody can reload: a signal must not end us
    path = locate(args.config, os.environ)
    try:
        loaded = read(path, os.environ)
    except ConfigErrors as errors:
        return complain(str(errors), 1)
    refusal = refused(args, loaded.config)
    if refusal:
        return complain(refusal, 2)
    live.install(loaded.config, path)
    log.configure(loaded.config)
    warn(loaded)
    os.environ["DJANGO_SETTINGS_MODULE"] = "clawdsite.settings"
    return serve(args, path)


def serve(args: Namespace, path: Path | None) -> int:
    """Imports come this late because Django's settings are made of the configuration."""
    from django.core.exceptions import ImproperlyConfigured

    try:
        from clawdsite.serve import run as running
        from clawdsite.serve.sockets import CannotListen

        running.check_driver()
    except (ImproperlyConfigured, OSError, ValueError) as error:
        return complain(f"cannot start: {error}", 1)
    plan = running.Plan(path, debug_port=not args.no_debug_port, demo=args.demo)
    try:
        return running.run(plan, say)
    except CannotListen as error:
        return complain(str(error), 1)


def refused(args: Namespace, config: Config) -> str:
    """What cannot be asked for, in words; empty where all is well."""
    workers = args.workers or config.server.workers
    if workers > 1 and not config.redis_url.get_secret_value():
        return f"--workers {workers} needs redis_url"
    if workers > 1:
        return f"--workers {workers} is {NOT_YET}: start one process more, on a port of its own"
    if args.demo and not config.development:
        return "--demo is for development: in production a simulated model must never answer"
    return ""


def warn(loaded: Loaded) -> None:
    """What a person should know about the configuration."""
    for problem in loaded.warnings:
        logging.getLogger(__name__).warning("configuration: %s", log.words(problem))


def say(words: str) -> None:
    """To the console; that nobody listens there any more is no reason to stop."""
    with contextlib.suppress(OSError):
        print(words, flush=True)


def complain(words: str, code: int) -> int:
    print(words, file=sys.stderr)
    return code
