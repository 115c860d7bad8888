"""What a run of the tests does once, or in small, where a gateway does it each time or in earnest."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from clawdsite.browser import StaticFiles


def keep_bytecode() -> None:
    """Keep compiled modules, of this process and of those that it starts.

    Else each worker compiles all tests anew, and each started gateway the whole product: half of the time.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


@pytest.fixture(autouse=True, scope="session")
def haste() -> Iterator[None]:
    """Passwords are hashed by the same algorithm in few rounds; static files are looked for once."""
    look, found = StaticFiles.add_files_from_finders, {}

    def once(middleware: StaticFiles) -> None:
        """Each of Django's test clients makes its own middleware, and whitenoise reads every file of ours."""
        if not found:
            look(middleware)
            found.update(middleware.files)
        middleware.files.update(found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PBKDF2PasswordHasher, "iterations", 10)
        patch.setattr(StaticFiles, "add_files_from_finders", once)
        yield
