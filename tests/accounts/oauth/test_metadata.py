"""What anyone may read: where the endpoints are, and the public halves of the keys."""

from __future__ import annotations

import os
import time
from pathlib import Path

import jwt
import pytest
from pydantic import SecretStr

from accounts.tokens import rotation
from accounts.tokens.keyring import GRACE, OUTLIVES
from clawdsite.core.config import live
from clawdsite.core.config.schema import Config
from tests.accounts.oauth.asking import Machine, ask, claims_of, header_of
from tests.proof import proves

SERVER = "/.well-known/oauth-authorization-server"
JWKS = "/.well-known/jwks.json"


def keys_of(config: Config) -> list[str]:
    with live.override(config):
        return [key["kid"] for key in ask("GET", JWKS).json()["keys"]]


def age(path: Path, seconds: float) -> None:
    """As if the file had been made so long ago."""
    made = time.time() - seconds
    os.utime(path, (made, made))


@pytest.fixture
def in_files(config: Config) -> Config:
    """The same with its keys in files, as they are unless one is configured."""
    auth = config.auth.model_copy(update={"signing_key": SecretStr("")})
    return config.model_copy(update={"auth": auth})


@proves("sso-H20")
def test_the_issuer_is_that_of_the_tokens_and_the_endpoints_are_there(build: Machine, config: Config) -> None:
    answer = ask("GET", SERVER)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    told = answer.json()
    assert told["issuer"] == claims_of(build.token())["iss"] == config.token_issuer
    methods = ["client_secret_basic", "client_secret_post"]
    for name in ("token", "revocation", "introspection"):
        path = told[f"{name}_endpoint"].removeprefix("https://chat.example.com")
        assert build.post(path, {"grant_type": "client_credentials", "token": "x"}).status_code == 200
        assert told[f"{name}_endpoint_auth_methods_supported"] == methods
    assert ask("GET", told["jwks_uri"].removeprefix("https://chat.example.com")).status_code == 200
    assert told["grant_types_supported"] == ["client_credentials"]
    assert told["response_types_supported"] == ["none"]
    assert told["scopes_supported"] == ["chat:read", "chat:write", "image:upload"]
    assert [] not in told.values()


@proves("sso-H20")
def test_an_issuer_with_a_path_has_its_metadata_behind_the_host(config: Config) -> None:
    auth = config.auth.model_copy(update={"issuer": "https://chat.example.com/door/one"})
    with live.override(config.model_copy(update={"auth": auth})):
        answer = ask("GET", f"{SERVER}/door/one")
        assert answer.json()["issuer"] == "https://chat.example.com/door/one"
        assert ask("GET", SERVER).status_code == 404
        assert ask("GET", f"{SERVER}/door").status_code == 404
    assert ask("GET", f"{SERVER}/door/one").status_code == 404


@proves("sso-H21")
def test_only_public_members_of_the_keys_are_shown(build: Machine) -> None:
    answer = ask("GET", JWKS)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    (key,) = answer.json()["keys"]
    assert set(key) == {"kty", "use", "alg", "kid", "n", "e"}
    token = build.token()
    assert key["kid"] == header_of(token)["kid"]
    checked = jwt.decode(
        token, jwt.PyJWK(key), algorithms=["RS256"], audience="clawdbot-api", issuer="https://chat.example.com"
    )
    assert checked["client_id"] == build.client_id


@proves("sso-H21")
def test_a_new_key_is_shown_before_it_signs_and_an_old_one_as_long_as_its_tokens_live(
    in_files: Config, build: Machine
) -> None:
    folder = Path(in_files.data_dir) / "keys"

    def signing() -> str:
        with live.override(in_files):
            return str(header_of(build.token())["kid"])

    (first,) = keys_of(in_files)
    second = rotation.rotate(in_files).kid
    assert keys_of(in_files) == [first, second]
    assert signing() == first
    age(folder / "0002.pem", GRACE)
    assert keys_of(in_files) == [first, second]
    assert signing() == second
    age(folder / "0002.pem", GRACE + OUTLIVES - 5)
    assert keys_of(in_files) == [first, second]
    age(folder / "0002.pem", GRACE + OUTLIVES)
    assert keys_of(in_files) == [second]
    assert signing() == second


@proves("sso-H22")
def test_pages_of_other_origins_may_read_what_is_public_and_nothing_else(build: Machine) -> None:
    origin = {"Origin": "https://evil.example"}
    for path in (SERVER, JWKS):
        answer = ask("GET", path, headers=origin)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
    for path in ("/oauth/token", "/oauth/revoke", "/oauth/introspect"):
        form = {"grant_type": "client_credentials", "token": "x"}
        answers = [build.post(path, form, headers=origin), ask("OPTIONS", path, headers=origin)]
        for answer in answers:
            assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("path", [SERVER, JWKS])
def test_it_is_read_and_nothing_more(path: str) -> None:
    assert ask("HEAD", path).status_code == 200
    answer = ask("POST", path)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", ["/oauth", "/oauth/authorize", "/oauth/token/", "/.well-known/nothing"])
def test_what_does_not_exist_is_an_envelope(path: str) -> None:
    answer = ask("GET", path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_keys_that_cannot_be_read_are_a_503(in_files: Config, caplog: pytest.LogCaptureFixture) -> None:
    folder = Path(in_files.data_dir) / "keys"
    folder.mkdir()
    (folder / "0001.pem").write_text("nonsense")
    with live.override(in_files):
        answer = ask("GET", JWKS)
    assert answer.status_code == 503
    assert answer.headers["Cache-Control"] == "no-store"
    assert "0001.pem" in caplog.text
