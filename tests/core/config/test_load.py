"""What a configuration file may look like, and what it becomes."""

from __future__ import annotations

from pathlib import Path

import pytest

from clawdsite.core.config import load
from clawdsite.core.config.load import ConfigErrors
from clawdsite.core.config.schema import Config
from tests.core.config.files import ENV, ISSUER, SECRET, bad, good, mount, write
from tests.proof import proves

DESIGN = """
mode: production            # development: debug port, local demo accounts, DEBUG pages
server: {host: 127.0.0.1, port: 8080, public_url: https://chat.example.com, workers: 1, trusted_proxies: [127.0.0.1], cors_origins: []}
debug_port: 18789           # opened in development only
database_url: sqlite:///var/clawdbot.sqlite3     # postgres://...
redis_url: ""               # needed when workers > 1 or there is more than one host
auth:
  jwt: {enabled: true, secret: "${JWT_SECRET}", issuer: https://sso.example.com, audience: qwen-web-chat, algorithms: [HS256]}
OAUTH2
upstream: {url: http://localhost:11434, authorization: none, connect_timeout: 5s, load_timeout: 600s, first_token_timeout: 120s, timeout: 120s, total_timeout: 30m, max_connections: 10, queue: {size: 100, wait: 300s}}
models: {default: qwen3:32b, vision: "", max_tokens: 16384, aliases: {gpt-4o: qwen3:32b}, options: {"qwen3:32b": {temperature: 0.7}}, system_prompt: ""}
limits: {per_user: {rpm: 60, parallel: 4}, per_client: {rpm: 600}, per_address: {rpm: 300}, teams: {}}
chat: {linger: 60s, image: {max_bytes: 20MB, max_pixels: 25000000, max_edge: 1568}}
logging: {level: info, format: json, sample_bodies: 0.01}
"""  # noqa: E501 - as the design writes it
OAUTH2 = (
    "oauth2: {enabled: true, provider: oidc, client_id: qwen-web-chat, "
    'client_secret: "${OAUTH_CLIENT_SECRET}", issuer_url: https://sso.example.com, scopes: [openid, email]}'
)


@proves("promise-S13", "promise-S34")
def test_the_file_of_the_design_loads(tmp_path: Path) -> None:
    config = good(tmp_path, DESIGN.replace("OAUTH2", "oauth2: {enabled: false}")).config
    assert config.auth.jwt[0].secret.get_secret_value() == SECRET
    assert config.auth.jwt[0].algorithms == ("HS256",)
    assert (config.upstream.total_timeout, config.upstream.load_timeout) == (1800.0, 600.0)
    assert config.chat.image.max_bytes == 20_000_000
    assert config.models.options == {"qwen3:32b": {"temperature": 0.7}}


@proves("promise-S15", "sso-J2")
def test_the_sign_on_of_the_design_loads_once_it_says_where_people_come_back(tmp_path: Path) -> None:
    env = ENV | {"OAUTH_CLIENT_SECRET": "kept-by-the-provider"}
    (missing,) = bad(tmp_path, DESIGN.replace("OAUTH2", OAUTH2), env)
    assert missing.startswith("9: oauth2.redirect_uri: must not be empty")
    there = OAUTH2.replace("enabled: true", "redirect_uri: https://chat.example.com/callback")
    config = good(tmp_path, DESIGN.replace("OAUTH2", there), env).config
    (provider,) = config.providers
    assert provider.client_secret.get_secret_value() == "kept-by-the-provider"
    assert (provider.slug, provider.is_oidc, provider.scopes) == ("oidc", True, ("openid", "email"))


def test_the_values_of_the_design_are_the_defaults(tmp_path: Path) -> None:
    written = good(tmp_path, DESIGN.replace("OAUTH2", "")).config
    shipped = Config()
    for section in ("upstream", "limits", "chat", "session"):
        assert getattr(written, section) == getattr(shipped, section)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("120s", 120),
        ("500ms", 0.5),
        ("1h30m", 5400),
        ("90", 90),
        ("1.5h", 5400),
        ("'2m'", 120),
        ("1d", 86400),
    ],
)
def test_durations_take_units(tmp_path: Path, written: str, seconds: float) -> None:
    assert (
        good(tmp_path, f"upstream: {{total_timeout: 2d, timeout: {written}}}").config.upstream.timeout
        == seconds
    )


@pytest.mark.parametrize(
    ("written", "count"),
    [("20MB", 20_000_000), ("32MiB", 2**25), ("2 KB", 2000), ("4096", 4096), ("1.5kb", 1500)],
)
def test_sizes_take_units(tmp_path: Path, written: str, count: int) -> None:
    assert good(tmp_path, f"server: {{max_body: {written}}}").config.server.max_body == count


@proves("promise-S9", "promise-S10")
def test_timeout_and_max_connections_may_stand_at_the_top(tmp_path: Path) -> None:
    config = good(tmp_path, "timeout: 30s\nmax_connections: 50\nupstream:\n  queue: {size: 7}").config
    assert (config.upstream.timeout, config.upstream.max_connections) == (30, 50)
    assert config.upstream.queue.size == 7


def test_issuers_are_one_mapping_or_a_list(tmp_path: Path) -> None:
    one = good(tmp_path, ISSUER).config.auth.jwt
    assert [issuer.name for issuer in one] == ["jwt"]
    many = good(
        tmp_path,
        """
        auth:
          jwt:
            - {name: a, issuer: https://a.example.com, audience: x, secret: "${JWT_SECRET}"}
            - {name: b, issuer: https://b.example.com, audience: x, algorithms: [RS256], jwks_url: https://b.example.com/k}
        """,
    ).config.auth.jwt
    assert [(issuer.name, issuer.algorithms) for issuer in many] == [("a", ("HS256",)), ("b", ("RS256",))]


def test_a_list_of_one_upstream_is_that_upstream(tmp_path: Path) -> None:
    assert good(tmp_path, "upstream: [{url: http://gpu:11434}]").config.upstream.url == "http://gpu:11434"
    found = bad(tmp_path, "upstream:\n  - {url: http://a:1}\n  - {url: http://b:1}\n")
    assert found == ["3: upstream[1]: not available yet (one upstream for now)"]


def test_a_section_without_content_means_its_defaults(tmp_path: Path) -> None:
    config = good(
        tmp_path, "server:\nupstream:\nmodels:\n  aliases:\nlimits: {per_user: {rpm: }}\nmode: development"
    ).config
    assert config.server == Config().server
    assert config.limits.per_user.rpm is None


# ---- the environment --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "env", "value"),
    [
        pytest.param("${GPU_URL}", {"GPU_URL": "http://gpu:1"}, "http://gpu:1", id="alone"),
        pytest.param("http://${GPU}:${PORT}", {"GPU": "gpu", "PORT": "1"}, "http://gpu:1", id="inside"),
        pytest.param("${NONE:-http://gpu:1}", {}, "http://gpu:1", id="fallback"),
        pytest.param("${NONE:-http://gpu:1}", {"NONE": ""}, "http://gpu:1", id="fallback-for-empty"),
        pytest.param("${GPU_URL:-http://x}", {"GPU_URL": "http://gpu:1"}, "http://gpu:1", id="unused"),
        pytest.param("http://gpu/$${x}", {}, "http://gpu/${x}", id="escaped"),
        pytest.param("http://gpu/$x$", {}, "http://gpu/$x$", id="plain-dollars"),
    ],
)  # fmt: skip
def test_variables_are_put_in(tmp_path: Path, written: str, env: dict[str, str], value: str) -> None:
    assert good(tmp_path, f'upstream: {{url: "{written}"}}', env).config.upstream.url == value


def test_a_value_from_the_environment_is_not_read_as_yaml_or_filled_again(tmp_path: Path) -> None:
    digits = "0123456789" * 4
    config = good(tmp_path, ISSUER.replace('"', ""), {"JWT_SECRET": digits}).config
    assert config.auth.jwt[0].secret.get_secret_value() == digits
    dollars = "${HOME}: #&*" * 4
    config = good(tmp_path, ISSUER, {"JWT_SECRET": dollars, "HOME": "x"}).config
    assert config.auth.jwt[0].secret.get_secret_value() == dollars


def test_numbers_and_switches_may_come_from_the_environment(tmp_path: Path) -> None:
    env = {"PORT": "9000", "ID": "false", "RPM": "", "T": "0.5", "WAIT": "1m"}
    text = """
        server: {port: "${PORT}"}
        upstream: {identify: "${ID}", queue: {wait: "${WAIT}"}}
        limits: {per_user: {rpm: "${RPM}"}}
        models: {options: {m: {temperature: "${T}"}}}
        """
    config = good(tmp_path, text, env).config
    assert (config.server.port, config.upstream.identify, config.upstream.queue.wait) == (9000, False, 60)
    assert config.limits.per_user.rpm is None
    assert config.models.options == {"m": {"temperature": 0.5}}


def test_a_missing_variable_is_named_with_its_place(tmp_path: Path) -> None:
    assert bad(tmp_path, ISSUER, {}) == ["6: auth.jwt.secret: the environment variable JWT_SECRET is not set"]


@pytest.mark.parametrize("written", ["${JWT-SECRET}", "${", "${JWT_SECRET", "${}", "${1A}"])
def test_a_broken_variable_is_not_taken_for_a_value(tmp_path: Path, written: str) -> None:
    found = bad(tmp_path, f"auth:\n  issuer: '{written}'")
    assert found == ["2: auth.issuer: expected ${NAME} or ${NAME:-default} (write $${ for a plain ${)"]


# ---- mounted files ----------------------------------------------------------------------------


@proves("promise-S13")
@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_a_mounted_secret_loses_its_last_line_end(tmp_path: Path, ending: str) -> None:
    mount(tmp_path, f" {SECRET} {ending}", "jwt")
    text = ISSUER.replace('secret: "${JWT_SECRET}"', "secret_file: jwt")
    assert good(tmp_path, text).config.auth.jwt[0].secret.get_secret_value() == f" {SECRET} "


def test_only_one_line_end_is_taken(tmp_path: Path) -> None:
    mount(tmp_path, f"{SECRET}\n\n", "jwt")
    text = ISSUER.replace('secret: "${JWT_SECRET}"', "secret_file: jwt")
    assert good(tmp_path, text).config.auth.jwt[0].secret.get_secret_value() == f"{SECRET}\n"


def test_every_key_that_may_be_mounted_is(tmp_path: Path) -> None:
    mount(tmp_path, "Bearer abc", "ollama")
    mount(tmp_path, "postgres://u:p@db/clawdbot", "database")
    mount(tmp_path, SECRET, "django")
    text = """
        upstream: {authorization_file: "${DIR}/ollama"}
        database_url_file: database
        secret_key_file: django
        """
    config = good(tmp_path, text, {"DIR": str(tmp_path)}).config
    assert config.upstream.authorization.get_secret_value() == "Bearer abc"
    assert config.database_url.get_secret_value() == "postgres://u:p@db/clawdbot"
    assert config.secret_key.get_secret_value() == SECRET


def test_a_mounted_file_that_cannot_be_used_is_an_error(tmp_path: Path) -> None:
    mount(tmp_path, "", "empty")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "folder").mkdir()
    text = """\
        auth:
          jwt:
            - {name: a, secret_file: nowhere, issuer: x, audience: x}
            - {name: b, secret_file: empty, issuer: y, audience: x}
            - {name: c, secret_file: binary, issuer: z, audience: x}
            - {name: d, secret_file: folder, issuer: u, audience: x}
            - {name: e, secret_file: 5, issuer: v, audience: x}
        """
    assert bad(tmp_path, text) == [
        f"3: auth.jwt[0].secret_file: cannot be read: {tmp_path}/nowhere there is no such file",
        f"4: auth.jwt[1].secret_file: cannot be read: {tmp_path}/empty is empty",
        f"5: auth.jwt[2].secret_file: cannot be read: {tmp_path}/binary is not UTF-8 text",
        f"6: auth.jwt[3].secret_file: cannot be read: {tmp_path}/folder is not a file",
        "7: auth.jwt[4].secret_file: expected the path of a file",
    ]


def test_a_secret_and_its_file_together_are_an_error(tmp_path: Path) -> None:
    found = bad(tmp_path, ISSUER + "    secret_file: jwt\n")
    assert found == ["7: auth.jwt.secret_file: given together with secret (keep one of the two)"]


# ---- finding the file -------------------------------------------------------------------------


def test_without_a_file_development_defaults_apply() -> None:
    assert load.load(None, {}) == Config(mode="development")


def test_the_file_is_the_given_one_then_the_variable_then_the_one_at_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load.locate(None, {}) is None
    write(tmp_path, "mode: development")
    assert load.locate(None, {}) == Path("config.yaml")
    assert load.locate(None, {"CLAWDBOT_CONFIG": "b.yaml"}) == Path("b.yaml")
    assert load.locate("a.yaml", {"CLAWDBOT_CONFIG": "b.yaml"}) == Path("a.yaml")


def test_a_file_that_is_not_there_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    for path, word in [(tmp_path / "nope.yaml", "no such file or directory"), (tmp_path, "is a directory")]:
        with pytest.raises(ConfigErrors) as caught:
            load.load(path, ENV)
        assert str(caught.value) == f"{path}: {word}"


def test_relative_paths_mean_the_folder_of_the_file_wherever_the_command_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    config = good(tmp_path, "mode: development\ndata_dir: kept\ndatabase_url: sqlite:///kept/db.sqlite3\n").config
    assert config.data_dir == str(tmp_path / "kept")
    assert config.database_url.get_secret_value() == f"sqlite:///{tmp_path}/kept/db.sqlite3"
    absolute = good(tmp_path, "mode: development\ndatabase_url: sqlite:////srv/db.sqlite3\n").config
    assert absolute.database_url.get_secret_value() == "sqlite:////srv/db.sqlite3"
