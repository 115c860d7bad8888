"""Signing in and out, and what a browser asks about its session (rows: tests/access_matrix.csv)."""

from django.urls import path

from accounts.signin import admin_login, api, backchannel, flow, views

urlpatterns = [
    path("login", views.login, name="login"),
    path("logout", views.logout, name="logout"),
    path("auth/<slug:slug>/start", flow.start, name="signin-start"),
    path("auth/<slug:slug>/backchannel", backchannel.backchannel, name="signin-backchannel"),
    path("callback", flow.callback, name="callback"),
    path("api/session", api.session, name="session"),
    path("api/auth/token", api.token, name="session-token"),
    # Before the admin's own: the same addresses, throttled, and ending the session everywhere.
    path("admin/login/", admin_login.admin_login),
    path("admin/logout/", admin_login.admin_logout),
]
