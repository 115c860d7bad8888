"""Addresses for machine clients. Who may call what: tests/access_matrix.csv."""

from django.urls import path, re_path

from accounts.oauth import metadata, views

SERVER = ".well-known/oauth-authorization-server"

urlpatterns = [
    path("oauth/token", views.token, name="oauth-token"),
    path("oauth/revoke", views.revoke, name="oauth-revoke"),
    path("oauth/introspect", views.introspect, name="oauth-introspect"),
    path(".well-known/jwks.json", metadata.jwks, name="jwks"),
    path(SERVER, metadata.server, name="oauth-metadata"),
    path(f"{SERVER}/<path:path>", metadata.server, name="oauth-metadata-of-a-path"),
    re_path(r"^(?:oauth|\.well-known)(?:/|$)", metadata.nothing, name="nothing-for-clients"),
]
