"""The page, and conversations by HTTP. Who may call what: tests/access_matrix.csv."""

from django.urls import path

from chat import page
from chat.api import images, importing, models, notices, searching, settings, views

urlpatterns = [
    path("", page.page, name="page"),
    path("c/<str:conversation>", page.page, name="open-conversation"),
    path("api/conversations", views.Conversations.as_view(), name="conversations"),
    path("api/conversations/<str:conversation>", views.OneConversation.as_view(), name="conversation"),
    path("api/conversations/<str:conversation>/messages", views.Messages.as_view(), name="messages"),
    path("api/conversations/<str:conversation>/undo", views.Undo.as_view(), name="undo"),
    path("api/openapi.json", models.OpenApi.as_view(), name="chat-openapi"),
    path("api/models", models.Models.as_view(), name="models"),
    path("api/notices", notices.Notices.as_view(), name="notices"),
    path("api/images", images.Images.as_view(), name="images"),
    path("api/images/<str:image>", images.OneImage.as_view(), name="image"),
    path("api/conversations/<str:conversation>/export", views.Export.as_view(), name="export"),
    path("api/conversations/<str:conversation>/access", settings.Access.as_view(), name="access"),
    path("api/search", searching.Search.as_view(), name="search"),
    path("api/import", importing.Import.as_view(), name="import"),
    path("api/settings", settings.Settings.as_view(), name="settings"),
    path("api/usage", settings.Usage.as_view(), name="usage"),
]
