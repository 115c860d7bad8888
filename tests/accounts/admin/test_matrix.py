"""What an administrator reads and changes in the admin, row by row of the matrix."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import Group

from accounts import clients
from accounts.models import AuditLine, Membership, OAuthClient, User
from accounts.tokens.issue import issue
from clawdsite.core.config import live
from clawdsite.core.config.schema import Config
from tests.accounts.admin.house import House, browser_of, empty, pages
from tests.proof import proves

SECRET = "kq3vT0yX9sJm5hZb2uWc8eRn4aLd7gPf"
COMPANY = {
    "name": "company",
    "issuer_url": "https://sso.example.com",
    "client_id": "clawdbot",
    "client_secret": SECRET,
    "redirect_uri": "http://localhost:8080/callback",
}


def everything(house: House) -> str:
    """All that an administrator is shown, on every page."""
    browser = browser_of(house.root)
    return "\n".join(browser.get(page).content.decode(errors="replace") for page in pages(house))


@proves("cell-M098")
def test_the_log_is_read(house: House) -> None:
    assert b"client.make" in browser_of(house.root).get("/admin/accounts/auditline/").content


@proves("cell-M103")
def test_a_clients_secret_and_its_hash_are_on_no_page(house: House) -> None:
    house.client, secret = clients.make("indexer", ["chat:write"], by="root")
    row = OAuthClient.objects.get(pk=house.client.pk)
    shown = everything(house)
    assert "indexer" in shown
    assert secret not in shown
    assert row.secret_hash not in shown


@proves("cell-M104")
def test_a_providers_secret_is_on_no_page(house: House) -> None:
    with live.override(Config(mode="development", oauth2=[COMPANY])):
        shown = everything(house)
    assert "company" in shown
    assert SECRET not in shown


@proves("cell-M105")
def test_the_signing_key_is_on_no_page(house: House, tmp_path: Path) -> None:
    config = Config(mode="development", data_dir=str(tmp_path))
    with live.override(config):
        issue(config, sub="alice", scope="chat:read", ttl=60)
        shown = everything(house)
    (key,) = tmp_path.glob("keys/*.pem")
    assert "PRIVATE KEY" not in shown
    assert not [line for line in key.read_text().splitlines()[1:-1] if line in shown]


@proves("cell-M106")
@pytest.mark.parametrize("field", ["groups", "is_superuser"])
def test_nobody_changes_their_own_rights(house: House, field: str) -> None:
    group = Group.objects.create(name="team-a")
    page = f"/admin/accounts/user/{house.root.pk}/change/"
    form = {"username": "root", "is_staff": "on", "is_superuser": "on", "groups": [str(group.pk)]}
    if field == "is_superuser":
        del form["is_superuser"]
    browser_of(house.root).post(page, form | empty("identities", "memberships", "memberships-2"))
    root = User.objects.get(pk=house.root.pk)
    assert root.is_superuser
    assert not root.groups.exists()
    assert not Membership.objects.filter(user=root).exists()


@proves("cell-M107")
def test_no_line_of_the_log_is_deleted(house: House) -> None:
    line = AuditLine.objects.get()
    browser = browser_of(house.root)
    page = f"/admin/accounts/auditline/{line.pk}/"
    assert browser.post(page + "delete/", {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": str(line.pk), "post": "yes"}
    browser.post("/admin/accounts/auditline/", chosen)
    assert AuditLine.objects.filter(pk=line.pk).exists()
