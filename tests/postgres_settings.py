"""Django's settings for the tests of `python -m tests.on_postgres`: the same, on another database."""

from __future__ import annotations

import os
import sys

from clawdsite.core.database import settings_of
from clawdsite.settings import *  # noqa: F403
from tests.on_postgres import VARIABLE
from tests.postgres import TABLES

if "pytest" in sys.modules:  # what a test starts has a configuration of its own
    DATABASES = {"default": settings_of(os.environ[VARIABLE]) | {"TEST": {"TEMPLATE": TABLES}}}
