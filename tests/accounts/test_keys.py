"""The gateway's own signing keys on disk, and the tokens made with them."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import threading
import time
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from accounts.tokens import keys
from accounts.tokens.issue import CannotIssue, issue
from accounts.tokens.keyring import GRACE
from accounts.tokens.keys import KeyFileError, OwnKeys, prepare
from clawdsite.core.config.schema import Auth, Config
from clawdsite.core.errors import KeysUnreachable
from tests.accounts.doors import accepting, judge
from tests.accounts.forge import forge, hmac_by, pem, rsa_by, rsa_key


def config(folder: Path, mode: str = "production") -> Config:
    return accepting(data_dir=folder, mode=mode)


def token(found: Config, **changes: object) -> str:
    wanted: dict[str, object] = {"sub": "tester", "scope": "chat:read chat:write", "ttl": 600}
    return issue(found, **(wanted | changes))  # type: ignore[arg-type]


def parts(raw: str) -> list[dict[str, object]]:
    return [json.loads(base64.urlsafe_b64decode(part + "==")) for part in raw.split(".")[:2]]


def put(
    folder: Path,
    name: str,
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    mode: int = 0o600,
    age: float = 0.0,
) -> None:
    """A key file that was made so many seconds ago."""
    path = folder / "keys" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    path.chmod(mode)
    os.utime(path, (time.time() - age, time.time() - age))


def test_hard_H38_the_first_key_is_made_once_and_is_nobody_elses_to_read(tmp_path: Path) -> None:
    signers = prepare(config(tmp_path))
    path = tmp_path / "keys" / "0001.pem"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [one.name for one in path.parent.iterdir()] == ["0001.pem"]
    assert signers[0].key.key_size == 2048
    assert [one.kid for one in prepare(config(tmp_path))] == [signers[0].kid]


def test_of_many_that_start_together_all_have_one_key(tmp_path: Path) -> None:
    found: list[str] = []
    start = threading.Barrier(4)

    def run() -> None:
        start.wait()
        found.append(prepare(config(tmp_path))[-1].kid)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1
    assert [one.name for one in (tmp_path / "keys").iterdir()] == ["0001.pem"]


def test_hard_H40_a_key_that_others_may_read_is_refused_in_production(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(tmp_path, "0001.pem", rsa_key("own"), 0o640)
    with pytest.raises(KeyFileError, match="chmod 600"):
        prepare(config(tmp_path))
    assert prepare(config(tmp_path, "development"))
    assert "other users may read" in caplog.text


def test_hard_H39_a_weak_or_foreign_key_file_is_refused_and_named(tmp_path: Path) -> None:
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    for key in (small, ec.generate_private_key(ec.SECP256R1())):
        put(tmp_path, "0001.pem", key)
        with pytest.raises(KeyFileError, match=r"0001\.pem: not an RSA key of 2048 bits"):
            prepare(config(tmp_path))
    (tmp_path / "keys" / "0001.pem").write_text("nonsense")
    with pytest.raises(KeyFileError, match=r"0001\.pem: not a private key"):
        prepare(config(tmp_path))


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeyFileError, match="check data_dir"):
        prepare(config(tmp_path / "file"))


def test_unreadable_keys_are_503_not_401(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    raw = token(config(tmp_path))
    (tmp_path / "keys" / "0001.pem").chmod(0o644)
    with pytest.raises(KeysUnreachable):
        judge(config(tmp_path), raw)
    assert "other users may read" in caplog.text


def test_promise_S11_both_keys_count_while_one_takes_over_and_the_old_one_not_after(tmp_path: Path) -> None:
    put(tmp_path, "0001.pem", rsa_key("own"))
    old = token(config(tmp_path))
    put(tmp_path, "0002.pem", rsa_key("next"), age=GRACE)
    new = token(config(tmp_path))
    assert parts(old)[0]["kid"] != parts(new)[0]["kid"]
    overlap = config(tmp_path)
    assert judge(overlap, old).caller
    assert judge(overlap, new).caller
    (tmp_path / "keys" / "0001.pem").unlink()
    after = config(tmp_path)
    assert judge(after, old).details == "token's key (kid) is not among those of its issuer"
    assert judge(after, new).caller


def test_a_key_made_by_another_program_is_found_within_a_second(tmp_path: Path) -> None:
    now = [100.0]
    source = OwnKeys(config(tmp_path), clock=lambda: now[0])

    async def find(kid: str) -> bool:
        return await source.find(kid) is not None

    assert not asyncio.run(find("any"))
    made = prepare(config(tmp_path))[0].kid
    assert not asyncio.run(find(made))  # looked a moment ago
    now[0] += keys.LOOK_AGAIN
    assert asyncio.run(find(made))
    assert source.at_hand(None) is None


def test_the_token_has_all_that_rfc_9068_asks_for(tmp_path: Path) -> None:
    found = accepting(data_dir=tmp_path, server={"public_url": "https://chat.example.com/"})
    raw = token(found, scope="chat:read  history:team-a")
    header, payload = parts(raw)
    assert header == {"alg": "RS256", "typ": "at+jwt", "kid": prepare(found)[0].kid}
    assert payload["iss"] == "https://chat.example.com"
    assert payload["aud"] == "clawdbot-api"
    assert (payload["sub"], payload["client_id"], payload["token_type"]) == ("tester", "cli", "access")
    assert payload["scope"] == "chat:read history:team-a"
    assert payload["exp"] == int(str(payload["iat"])) + 600
    assert parts(token(found))[1]["jti"] != payload["jti"]


def test_any_jwt_library_can_check_it(tmp_path: Path) -> None:
    found = config(tmp_path, "development")
    public = prepare(found)[0].key.public_key()
    checked = jwt.decode(
        token(found), public, algorithms=["RS256"], audience="clawdbot-api", issuer=found.token_issuer
    )
    assert checked["sub"] == "tester"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"scope": "chat:write chat:writ"}, "unknown scope chat:writ: there are", id="scope"),
        pytest.param({"ttl": 86401}, "1 s to 24 h; 86401 s was asked for", id="too-long"),
        pytest.param({"ttl": 0}, "1 s to 24 h; 0 s was asked for", id="too-short"),
        pytest.param({"sub": ""}, "the subject must be printable text", id="empty-sub"),
        pytest.param({"sub": "a\nb"}, "the subject must be printable text", id="sub-with-a-line-end"),
    ],
)
def test_a_token_that_would_not_count_is_not_made(
    changes: dict[str, object], words: str, tmp_path: Path
) -> None:
    with pytest.raises(CannotIssue, match=words):
        token(config(tmp_path), **changes)
    assert not (tmp_path / "keys").exists()


def test_the_longest_and_the_shortest_token_count(tmp_path: Path) -> None:
    found = config(tmp_path)
    assert judge(found, token(found, ttl=86400)).caller
    assert judge(found, token(found, ttl=1)).caller
    assert judge(found, token(found, scope="")).caller


OWN = {"iss": "http://localhost:8080", "aud": "clawdbot-api", "sub": "tester", "client_id": "cli", "jti": "1"}
LACKING = {
    "no-kid": ({"kid": None}, {}, "names no key (kid)"),
    "typ-JWT": ({"typ": "JWT"}, {}, "header typ must be at+jwt"),
    "no-typ": ({"typ": None}, {}, "header typ must be at+jwt"),
    "no-jti": ({}, {"jti": None}, "lacks jti"),
    "jti-a-number": ({}, {"jti": 5}, "lacks jti"),
    "no-client_id": ({}, {"client_id": None}, "lacks client_id"),
    "no-token_type": ({}, {"token_type": None}, "lacks token_type"),
    "no-iat": ({}, {"iat": None}, "lacks iat"),
    "refresh": ({}, {"token_type": "refresh"}, "token_type is not access"),
    "36-hours": ({}, {"exp": int(time.time()) + 129600}, "at most 24 h"),
    "unknown-kid": ({"kid": "k2"}, {}, "not among those of its issuer"),
}


@pytest.mark.parametrize(
    ("header", "payload", "words"),
    [pytest.param(*row, id=f"hard-H41-{name}") for name, row in LACKING.items()],
)
def test_a_token_of_our_own_lacks_nothing(
    header: dict[str, object], payload: dict[str, object], words: str, tmp_path: Path
) -> None:
    put(tmp_path, "0001.pem", rsa_key("own"))
    now = int(time.time())
    kid = keys.thumbprint(rsa_key("own").public_key())
    full_header = {"alg": "RS256", "typ": "at+jwt", "kid": kid} | header
    full = OWN | {"iat": now, "exp": now + 60, "token_type": "access"} | payload

    def made(header: dict[str, object], payload: dict[str, object]) -> str:
        kept = [
            {name: value for name, value in one.items() if value is not None} for one in (header, payload)
        ]
        return forge(*kept, rsa_by(rsa_key("own")))

    verdict = judge(config(tmp_path), made(full_header, full))
    assert words in verdict.details
    sound = {"alg": "RS256", "typ": "at+jwt", "kid": kid}
    assert judge(
        config(tmp_path), made(sound, OWN | {"iat": now, "exp": now + 60, "token_type": "access"})
    ).caller


def test_our_name_signed_by_another_is_nobody(tmp_path: Path) -> None:
    """A foreign issuer's key, our public key as an HMAC secret: the issuer's name alone is no proof."""
    put(tmp_path, "0001.pem", rsa_key("own"))
    now = int(time.time())
    full = OWN | {"iat": now, "exp": now + 60, "token_type": "access"}
    kid = keys.thumbprint(rsa_key("own").public_key())
    found = config(tmp_path)
    foreign = forge({"alg": "RS256", "typ": "at+jwt", "kid": kid}, full, rsa_by(rsa_key("good")))
    assert "signature does not match" in judge(found, foreign).details
    confused = forge({"alg": "HS256", "typ": "at+jwt", "kid": kid}, full, hmac_by(pem(rsa_key("own"))))
    assert "another algorithm" in judge(found, confused).details


def test_no_key_leaves_its_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    found = config(tmp_path)
    raw = token(found)
    private = (tmp_path / "keys" / "0001.pem").read_text()
    assert judge(found, raw).caller
    for line in private.splitlines()[1:-1]:
        assert line not in raw
        assert line not in caplog.text
    assert os.listdir(tmp_path) == ["keys"]


def test_promise_S13_the_signing_key_may_come_from_the_environment_or_a_mounted_file(tmp_path: Path) -> None:
    made = prepare(config(tmp_path / "elsewhere"))[0]
    text = (tmp_path / "elsewhere" / "keys" / "0001.pem").read_text()
    given = config(tmp_path / "here").model_copy(update={"auth": Auth(signing_key=SecretStr(text))})
    raw = issue(given, sub="alice", scope="chat:read", ttl=60)
    assert jwt.get_unverified_header(raw)["kid"] == made.kid
    assert asyncio.run(OwnKeys(given).find(made.kid)) is not None
    assert asyncio.run(OwnKeys(given).find("another")) is None
    assert not (tmp_path / "here").exists()
