"""Every address the gateway answers. Who may call what: tests/access_matrix.csv."""

from django.contrib import admin
from django.urls import include, path, re_path

from clawdsite import views

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
    path("", include("accounts.signin.urls")),
    path("", include("accounts.oauth.urls")),
    path("admin/", admin.site.urls),
    path("", include("gateway.urls")),
    path("", include("chat.urls")),
    re_path(r"^(?:v1|api)(?:/|$)", views.nothing, name="nothing"),
]

handler400 = "clawdsite.views.bad_request"
handler403 = "clawdsite.views.forbidden"
handler404 = "clawdsite.views.not_found"
handler500 = "clawdsite.views.server_error"
