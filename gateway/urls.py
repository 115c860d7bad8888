"""OpenAI's surface, under /v1. Who may call what: tests/access_matrix.csv."""

from django.urls import path

from gateway import dialects, views

urlpatterns = [
    path("v1/chat/completions", views.AskView.as_view(dialect=dialects.CHAT), name="chat"),
    path("v1/completions", views.AskView.as_view(dialect=dialects.COMPLETION), name="completions"),
    path("v1/responses", views.AskView.as_view(dialect=dialects.RESPONSE), name="responses"),
    path("v1/embeddings", views.Embeddings.as_view(), name="embeddings"),
    path("v1/models", views.Models.as_view(), name="models"),
    path("v1/models/<path:model>", views.OneModel.as_view(), name="model"),
    path("v1/generations/<str:generation>", views.Generation.as_view(), name="generation"),
    path("v1/openapi.json", views.OpenApi.as_view(), name="openapi"),
]
