"""What a run of the tests does once, or in small, where a gateway does it each time or in earnest."""

from __future__ import annotations

import os
import sqlite3
import ssl
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import cache
from typing import Any, Final

import certifi
import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection, transaction
from django.db.backends.sqlite3.creation import DatabaseCreation
from django.test import TransactionTestCase

from clawdsite.browser import StaticFiles
from tests.server import tables

MADE_BY_MIGRATIONS: Final = {"django_content_type", "auth_permission"}


def keep_bytecode() -> None:
    """Keep compiled modules, of this process and of those that it starts.

    Else each worker compiles all tests anew, and each started gateway the whole product: half of the time.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


def delete_rows(_: TransactionTestCase) -> None:
    """What a test with transactions of its own has left.

    Django truncates every table, which is slow where all are small, and makes its permissions anew.
    """
    tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False))
    with transaction.atomic(), connection.cursor() as cursor:  # references are judged at the end of it
        for table in tables - MADE_BY_MIGRATIONS:
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")


def trusting_once(made: Any) -> Any:
    """ssl.create_default_context, the world's certificates read for the first HTTP client alone."""
    common = cache(lambda: made(cafile=certifi.where()))

    def create(*words: Any, **more: Any) -> ssl.SSLContext:
        return common() if not words and more == {"cafile": certifi.where()} else made(*words, **more)

    return create


def filling(stack: ExitStack, made: Callable[..., str]) -> Callable[..., str]:
    """DatabaseCreation._create_test_db, with the tables there already: Django finds nothing to migrate.

    A database in memory is there for as long as somebody is connected to it: until the stack ends.
    """

    def create(creation: DatabaseCreation, *words: Any, **more: Any) -> str:
        name = made(creation, *words, **more)
        database = stack.enter_context(closing(sqlite3.connect(name, uri=True)))
        with closing(sqlite3.connect(tables.empty())) as kept:
            kept.backup(database)
        return name

    return create


@pytest.fixture(autouse=True, scope="session")
def haste() -> Iterator[None]:
    """Passwords are hashed by the same algorithm in few rounds; files that do not change are read once."""
    look, found = StaticFiles.add_files_from_finders, {}

    def once(middleware: StaticFiles) -> None:
        """Each of Django's test clients makes its own middleware, and whitenoise reads every file of ours."""
        if not found:
            look(middleware)
            found.update(middleware.files)
        middleware.files.update(found)

    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setattr(DatabaseCreation, "_create_test_db", filling(stack, DatabaseCreation._create_test_db))
        patch.setattr(PBKDF2PasswordHasher, "iterations", 10)
        patch.setattr(ssl, "create_default_context", trusting_once(ssl.create_default_context))
        patch.setattr(TransactionTestCase, "_fixture_teardown", delete_rows)
        patch.setattr(StaticFiles, "add_files_from_finders", once)
        yield
