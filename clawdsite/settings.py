"""Django's boot settings, derived from the configuration that is in force when Django starts."""

from __future__ import annotations

import sys
from typing import Any
from urllib.parse import urlsplit

from clawdsite.core.assets import beside
from clawdsite.core.config.live import current
from clawdsite.core.database import settings_of
from clawdsite.core.secretkey import secret_key

CONFIG = current()

DEBUG = CONFIG.development
SECRET_KEY = secret_key(CONFIG)
PUBLIC = urlsplit(CONFIG.public_url)
SECURE = PUBLIC.scheme == "https"
LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS = sorted(
    {PUBLIC.hostname or "localhost", *LOOPBACK_HOSTS} | ({".localhost"} if DEBUG else set())
)

ROOT_URLCONF = "clawdsite.urls"
ASGI_APPLICATION = "clawdsite.asgi.application"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES: dict[str, Any] = {"default": settings_of(CONFIG.database_url.get_secret_value())}

INSTALLED_APPS = [
    *(["daphne"] if sys.argv[1:2] == ["runserver"] else []),  # must stand before staticfiles
    "clawdsite.apps.Admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "accounts",
    "gateway",
    "chat",
]

MIDDLEWARE = [  # each lets API paths straight through (clawdsite.browser)
    "clawdsite.browser.StaticFiles",
    "clawdsite.browser.Language",
    "clawdsite.browser.Session",
    "clawdsite.browser.Common",
    "clawdsite.browser.Csrf",
    "clawdsite.browser.Authentication",
    "clawdsite.browser.Messages",
    "clawdsite.browser.Frames",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [beside("templates")],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "libraries": {"assets": "clawdsite.tags"},
        },
    }
]

STATIC_URL = "/static/"
STATICFILES_DIRS = [beside("static")] if beside("static").is_dir() else []
WHITENOISE_USE_FINDERS = True  # files are served from where they are installed: nothing to collect
WHITENOISE_ALLOW_ALL_ORIGINS = False
# Named by their content (scripts/build_page.mjs).
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/dist/[\w.-]+-[A-Z0-9]{8}\.\w+$"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [beside("locale")]
LANGUAGE_COOKIE_NAME = "clawdbot-lang"
LANGUAGE_COOKIE_SECURE = SECURE
TIME_ZONE = "UTC"
USE_TZ = True

SESSION_COOKIE_NAME = "__Host-clawdbot" if SECURE else "clawdbot"
SESSION_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "__Host-clawdbot-csrf" if SECURE else "clawdbot-csrf"
CSRF_COOKIE_SECURE = SECURE
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "clawdsite.views.csrf_failure"
LOGIN_URL = "login"
CSRF_TRUSTED_ORIGINS = [f"{PUBLIC.scheme}://{PUBLIC.netloc}"]
X_FRAME_OPTIONS = "DENY"
APPEND_SLASH = True

# Counters of attempts (accounts.signin.throttle). Each process counts for itself: a limit holds for it alone,
# and more than one process needs redis_url. django_ratelimit stands in no list of apps, so its checks, which
# refuse this cache for that reason, do not run.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},  # the shipped 300 would let a flood wash the counters out
    }
}

DATA_UPLOAD_MAX_MEMORY_SIZE = None  # the entry counts (server.max_body), before Django reads
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
}

LOGGING_CONFIG = "clawdsite.core.log.for_django"
LOGGING = {"version": 1}  # not empty, so that Django calls the above
