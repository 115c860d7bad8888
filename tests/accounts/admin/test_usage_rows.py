"""The admin's usage rows say who asked by the names that administrators know."""

from __future__ import annotations

from django.test import Client
from django.utils import timezone

from accounts.models import OAuthClient
from gateway.models import UsageRow
from tests.accounts.admin.house import House


def test_usage_rows_name_people_and_clients_and_keep_the_id_of_strangers(house: House) -> None:
    client = OAuthClient.objects.create(name="nightly report")
    stranger = "partner:0f3a"
    for caller in (str(house.charlie.pk), client.subject, stranger):
        UsageRow.objects.create(
            at=timezone.now(), request_id="r", caller=caller, kind="person", route="/v1/models",
            status=200, outcome="ok", prompt_tokens=12, completion_tokens=34, total_ms=2500,
        )  # fmt: skip
    browser = Client()
    browser.force_login(house.root)

    page = browser.get("/admin/gateway/usagerow/").content.decode()

    for shown in ("charlie the stranger", "nightly report", stranger, "12 + 34", "2.5 s"):
        assert shown in page
    assert str(house.charlie.pk) not in page
