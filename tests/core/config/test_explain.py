"""`explain`: a key's value, where it comes from, and what it does; a secret only as its length."""

from __future__ import annotations

from pathlib import Path

import pytest

from clawdsite.core.config.catalogue import catalogue, sections
from clawdsite.core.config.explain import UnknownKey, explain
from clawdsite.core.config.load import read
from tests.core.config.files import ISSUER, SECRET, good, mount
from tests.proof import proves

TEXT = """\
max_connections: 50
server: {public_url: "https://${HOST:-chat.example.com}", cors_origins: ["https://${APP}"]}
auth:
  jwt:
    - {name: a, issuer: https://a.example.com, audience: x, secret: "${JWT_SECRET}"}
    - {name: b, issuer: https://b.example.com, audience: x, secret_file: jwt}
upstream: {authorization: forward}
models: {aliases: {gpt-4o: "qwen3:32b"}}
oauth2: {provider: dingtalk, client_id: dingy, client_secret: "${JWT_SECRET}", redirect_uri: "https://chat.example.com/callback", provider_options: {corp_id: dingx}, group_map: {/eng/a.b: team-a}}
"""  # noqa: E501 - one line, one key
ENV = {"JWT_SECRET": SECRET, "APP": "app.example.com"}


@proves("promise-M14")
@pytest.mark.parametrize(
    ("name", "value", "origin"),
    [
        ("upstream.max_connections", "50", "{file}:1"),
        ("max_connections", "50", "{file}:1"),
        ("upstream.timeout", "2m", "the default"),
        ("server.public_url", "https://chat.example.com",
         "{file}:2, the fallback written there; HOST not set"),
        ("server.cors_origins", "[https://app.example.com]", "the environment variable APP ({file}:2)"),
        ("auth.jwt[0].secret", "(set, 32 characters)", "the environment variable JWT_SECRET ({file}:5)"),
        ("auth.jwt[1].secret", "(set, 40 characters)", "the file {folder}/jwt ({file}:6)"),
        ("auth.jwt[1].secret_file", "(set, 40 characters)", "the file {folder}/jwt ({file}:6)"),
        ("auth.jwt[0].jwks_url", '""', "the default"),
        ("upstream.authorization", "forward", "{file}:7"),
        ("secret_key", "(not set)", "the default"),
        ("database_url", "sqlite:///{folder}/var/clawdbot.sqlite3", "the default"),
        ("models.aliases", "{gpt-4o: qwen3:32b}", "{file}:8"),
        ("models.aliases.gpt-4o", "{gpt-4o: qwen3:32b}", "{file}:8"),
        ("limits.per_client.parallel", "empty", "the default"),
        ("server.max_body", "32MB", "the default"),
        ("oauth2.client_secret", "(set, 32 characters)", "the environment variable JWT_SECRET ({file}:9)"),
        ("oauth2.client_secret_file", "(set, 32 characters)",
         "the environment variable JWT_SECRET ({file}:9)"),
        ("oauth2.provider_options.corp_id", "dingx", "{file}:9"),
        ("oauth2.group_map./eng/a.b", "{/eng/a.b: team-a}", "{file}:9"),
        ("oauth2[0].scope_map.team-a", "{}", "the default"),
        ("oauth2.scopes", "[]", "the default"),
    ],
)  # fmt: skip
def test_a_value_and_its_origin(tmp_path: Path, name: str, value: str, origin: str) -> None:
    mount(tmp_path, "y" * 40, "jwt")
    loaded = good(tmp_path, TEXT, ENV)
    (told,) = explain(loaded, name)
    assert told.value == value.replace("{folder}", str(tmp_path))
    assert told.origin == origin.format(file=loaded.file, folder=tmp_path)


def test_a_mapping_of_one_issuer_needs_no_index(tmp_path: Path) -> None:
    loaded = good(tmp_path, ISSUER)
    (told,) = explain(loaded, "auth.jwt.secret")
    assert str(told).splitlines() == [
        "auth.jwt.secret = (set, 32 characters)",
        f"  from     the environment variable JWT_SECRET ({loaded.file}:6)",
        "  type     secret text",
        '  default  ""',
        "  change   a reload (SIGHUP) takes it over",
        "  HS256: the shared secret, 32 bytes or more; from the environment or a file.",
    ]


def test_a_list_of_issuers_is_explained_one_by_one(tmp_path: Path) -> None:
    mount(tmp_path, "y" * 40, "jwt")
    told = explain(good(tmp_path, TEXT, ENV), "auth.jwt.secret")
    assert [each.name for each in told] == ["auth.jwt[0].secret", "auth.jwt[1].secret"]


def test_a_section_gives_all_of_its_keys(tmp_path: Path) -> None:
    told = explain(
        good(tmp_path, TEXT.replace("secret_file: jwt", 'secret: "${JWT_SECRET}"'), ENV), "upstream"
    )
    assert {each.name for each in told} == {
        name for name, key in catalogue().items() if name.startswith("upstream.") and not key.stands_for
    }


def test_what_a_change_takes_is_said(tmp_path: Path) -> None:
    loaded = read(None, {})
    changes = {name: str(explain(loaded, name)[0]).split("change   ")[1] for name in ("mode", "limits.teams")}
    assert changes["mode"].startswith("takes a restart")
    assert changes["limits.teams"].startswith("not available yet")


def test_without_a_file_the_defaults_are_explained() -> None:
    (told,) = explain(read(None, {}), "mode")
    assert (told.value, told.key.default) == ("development", "production")
    assert "there is no configuration file" in told.origin


@pytest.mark.parametrize("name", [*catalogue(), *sections()])
def test_every_key_and_section_can_be_explained(name: str) -> None:
    for told in explain(read(None, {}), name):
        assert told.value
        assert str(told)


@proves("hard-H38")
def test_no_explanation_shows_a_secret(tmp_path: Path) -> None:
    text = (
        ISSUER
        + """  pepper: "${S}34"
secret_key: "${S}1"
database_url: "postgres://u:${S}@h/n"
upstream: {authorization: "Bearer ${S}"}
oauth2: {provider: dingtalk, client_id: d, client_secret: "${S}2", provider_options: {corp_id: d}, redirect_uri: "https://chat.example.com/callback"}
"""  # noqa: E501 - one line, one key
    )
    loaded = good(tmp_path, text, {"JWT_SECRET": SECRET, "S": "canary" * 8})
    told = "\n".join(str(each) for name in catalogue() for each in explain(loaded, name))
    assert "canary" not in told
    assert SECRET not in told
    assert "(set, 55 characters)" in told
    assert "oauth2.client_secret = (set, 49 characters)" in told
    assert "auth.pepper = (set, 50 characters)" in told


def test_a_list_of_providers_is_explained_one_by_one(tmp_path: Path) -> None:
    one = "{name: %s, enabled: false, group_map: {/eng: team-%s}}"
    loaded = good(tmp_path, f"oauth2: [{one % ('a', 'a')}, {one % ('b', 'b')}]")
    assert [each.name for each in explain(loaded, "oauth2.name")] == ["oauth2[0].name", "oauth2[1].name"]
    (told,) = explain(loaded, "oauth2[1].group_map./eng")
    assert (told.name, told.value) == ("oauth2[1].group_map", "{/eng: team-b}")


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("upstream.timout", "upstream.timeout"),
        ("timout", "timeout"),
        ("server.max_connections", "upstream.max_connections"),
        ("jwt.secret", "auth.jwt.secret"),
        ("auth.jwt[7].secret", "auth.jwt.secret"),
        ("oauth2.agent_id", "oauth2.provider_options.agent_id"),
        ("zzzzzzzz", None),
        ("", None),
    ],
)
def test_an_unknown_key_gets_the_nearest_one(tmp_path: Path, name: str, nearest: str | None) -> None:
    with pytest.raises(UnknownKey) as caught:
        explain(good(tmp_path, ISSUER), name)
    assert caught.value.nearest == nearest
