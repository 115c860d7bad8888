"""What is refused although each value has the right form: in any mode, and in production alone."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from clawdsite.core.config.load import ConfigErrors, load
from clawdsite.core.config.rsa import MARKS, fault, number_fault
from tests.core.config.files import ISSUER, SECRET, bad, good, mount, warned, write
from tests.proof import proves

HS = "{issuer: https://sso.example.com, audience: x, secret: '${JWT_SECRET}'"
RS = "{issuer: https://sso.example.com, audience: x, algorithms: [RS256]"


def public_pem(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


SOUND = rsa.generate_private_key(65537, 2048)


def only(found: list[str], key: str) -> str:
    """The one problem, which is this key's; without line and key."""
    assert len(found) == 1, found
    line, _, rest = found[0].partition(": ")
    assert rest.startswith(f"{key}: "), found
    return rest.removeprefix(f"{key}: ")


# ---- issuers ----------------------------------------------------------------------------------


@proves("hard-H39", "promise-S13")
@pytest.mark.parametrize("mode", ["production", "development"])
@pytest.mark.parametrize("secret", ["", "short", "x" * 31, "é" * 15])
def test_a_short_secret_is_refused_in_any_mode(tmp_path: Path, mode: str, secret: str) -> None:
    found = only(bad(tmp_path, f"mode: {mode}\n{ISSUER}", {"JWT_SECRET": secret}), "auth.jwt.secret")
    assert found.startswith("is empty" if not secret else f"is too short: {len(secret.encode())} bytes")


def test_a_secret_is_measured_in_bytes(tmp_path: Path) -> None:
    good(tmp_path, ISSUER, {"JWT_SECRET": "é" * 16})


@proves("hard-H39")
def test_a_secret_on_a_public_list_is_refused_in_production_alone(tmp_path: Path) -> None:
    env = {"JWT_SECRET": "16f8c0ef4a5d391b26034086c628469d3f9f497f08163ab9b40137092f2909ef"}
    assert "public list" in only(bad(tmp_path, ISSUER, env), "auth.jwt.secret")
    told = warned(tmp_path, f"mode: development\n{ISSUER}max_connections: 1", env)
    assert told == ["auth.jwt.secret: stands on a public list of secrets"]


@pytest.mark.parametrize(
    ("issuer", "key", "word"),
    [
        (HS.replace("issuer: https://sso.example.com, ", "") + "}", "issuer", "must not be empty"),
        (HS.replace("audience: x, ", "") + "}", "audience", "must not be empty"),
        (HS + ", jwks_url: https://sso.example.com/k}", "jwks_url", "does not go with HS256"),
        (HS + ", public_key: x}", "public_key", "does not go with HS256"),
        (RS + "}", "jwks_url", "needs jwks_url or public_key"),
        (RS + ", jwks_url: https://a/k, secret: '${JWT_SECRET}'}", "secret", "does not go with RS256"),
        (RS + ", jwks_url: https://a/k, public_key: x}", "public_key", "given together with jwks_url"),
        (RS + ", public_key: x}", "public_key", "is not a public key in PEM"),
        (RS + ", jwks_url: 'file:///etc/passwd'}", "jwks_url", "begins with http:// or https://"),
        (RS + ", jwks_url: 'data:,x'}", "jwks_url", "begins with http:// or https://"),
        (RS + ", jwks_url: 'https://u:p@a/k'}", "jwks_url", "must not hold a name or password"),
        (RS + ", jwks_url: 'http://sso.example.com/k'}", "jwks_url", "is plain http to another machine"),
        (HS.replace("https:", "http:") + "}", "issuer", "is plain http to another machine"),
        (HS + ", algorithms: [HS256, RS256]}", "algorithms", "needs exactly one"),
        (HS + ", algorithms: []}", "algorithms", "needs exactly one"),
        (HS + ", algorithms: [none]}", "algorithms[0]", "expected HS256 or RS256"),
        (HS + ", leeway: 10m}", "leeway", "must be at most 300"),
        (HS + ", name: client}", "name", "is how machine clients are named"),
    ],
)
def test_an_issuer_that_cannot_be_right_is_refused(tmp_path: Path, issuer: str, key: str, word: str) -> None:
    found = bad(tmp_path, f"auth: {{jwt: {issuer}}}")
    assert word in " ".join(line for line in found if f": auth.jwt.{key}: " in line), found


@pytest.mark.parametrize(
    "issuer",
    [
        HS + "}",
        HS.replace("https://sso.example.com", "my-script") + "}",
        HS.replace("https://sso.example.com", "http://localhost:8180/realms/x") + "}",
        RS + ", jwks_url: 'http://127.0.0.1:8180/certs'}",
        RS + ", jwks_url: 'https://sso.example.com/certs?x=1'}",
        "{enabled: false, secret: short}",
    ],
)
def test_an_issuer_that_is_sound_is_accepted(tmp_path: Path, issuer: str) -> None:
    assert len(good(tmp_path, f"auth: {{jwt: {issuer}}}").config.auth.jwt) == 1


def test_plain_http_is_a_warning_in_development(tmp_path: Path) -> None:
    text = (
        "mode: development\nmax_connections: 1\nauth: {jwt: "
        + RS.replace("https", "http")
        + ", jwks_url: 'http://a/k'}}"
    )
    assert warned(tmp_path, text) == [
        "auth.jwt.issuer: is plain http to another machine",
        "auth.jwt.jwks_url: is plain http to another machine",
    ]


def test_two_issuers_share_neither_name_nor_iss_nor_the_gateways_own(tmp_path: Path) -> None:
    text = f"""\
        server: {{public_url: https://chat.example.com}}
        auth:
          jwt:
            - {HS}}}
            - {HS.replace("sso.", "two.")}}}
            - {HS}, name: c}}
            - {HS}, name: c, enabled: false}}
            - {HS.replace("sso.", "chat.")}, name: d}}
        """
    assert bad(tmp_path, text) == [
        "5: auth.jwt[1].name: is the name of another issuer too (each needs its own)",
        "6: auth.jwt[2].issuer: is the issuer of another entry too (each needs its own)",
        "8: auth.jwt[4].issuer: is the issuer of the gateway's own tokens too (set auth.issuer to another)",
    ]


# ---- RSA keys ---------------------------------------------------------------------------------


@proves("hard-H39")
@pytest.mark.parametrize(
    ("pem", "word"),
    [
        pytest.param(public_pem(SOUND.public_key()), "", id="sound"),
        pytest.param(public_pem(rsa.generate_private_key(65537, 1024).public_key()), "1024 bits", id="short"),
        pytest.param(
            public_pem(rsa.RSAPublicNumbers(3, SOUND.public_key().public_numbers().n).public_key()),
            "exponent 3",
            id="small-exponent",
        ),
        pytest.param(
            public_pem(ec.generate_private_key(ec.SECP256R1()).public_key()), "not an RSA key", id="ec"
        ),
        pytest.param(
            SOUND.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
            "private key",
            id="private",
        ),
        pytest.param(
            "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----", "certificate", id="cert"
        ),
        pytest.param(
            "-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----", "not a public key", id="junk"
        ),
        pytest.param("é", "not a public key", id="not-ascii"),
    ],
)
def test_an_rsa_key_is_large_common_and_public(pem: str, word: str) -> None:
    found = fault(pem)
    assert (word in found) if word else not found


def test_a_key_that_is_too_large_to_use_is_refused() -> None:
    assert "slow" in number_fault(1 << 9000 | 1, 65537)


def test_a_modulus_as_the_broken_chips_made_them_is_refused() -> None:
    """p = k * M + 65537^a mod M, M a product of small primes: CVE-2017-15361."""
    random = Random(20171015)
    product = 2
    for prime in (
        3,
        5,
        7,
        *MARKS,
        23,
        29,
        31,
        41,
        43,
        47,
        59,
        67,
        83,
        89,
        101,
        113,
        131,
        137,
        139,
        149,
        163,
        167,
    ):
        product *= prime
    n = 1
    for _ in range(2):
        n *= random.getrandbits(850) * product + pow(65537, random.getrandbits(60), product)
    assert n.bit_length() >= 2048
    assert "ROCA" in number_fault(n, 65537)


def test_the_key_may_be_a_mounted_file_that_all_may_read(tmp_path: Path) -> None:
    mount(tmp_path, public_pem(SOUND.public_key()), "sso.pem").chmod(0o644)
    config = good(tmp_path, f"auth: {{jwt: {RS}, public_key_file: sso.pem}}}}").config
    assert config.auth.jwt[0].public_key.startswith("-----BEGIN PUBLIC KEY-----")


# ---- files with secrets -----------------------------------------------------------------------


@proves("hard-H40")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_secret_file_that_others_may_read_is_refused_in_production(tmp_path: Path, mode: int) -> None:
    file = mount(tmp_path, SECRET, "jwt")
    file.chmod(mode)
    text = ISSUER.replace('secret: "${JWT_SECRET}"', "secret_file: jwt") + "max_connections: 1"
    told = f"is a secret in a file that others may read ({file}, mode {mode:04o})"
    assert bad(tmp_path, text) == [f"6: auth.jwt.secret_file: {told} (chmod 600 {file})"]
    assert warned(tmp_path, "mode: development\n" + text) == [f"auth.jwt.secret_file: {told}"]


@proves("hard-H40")
@pytest.mark.parametrize(
    ("text", "key"),
    [
        (f"auth: {{jwt: {HS.replace('${JWT_SECRET}', SECRET)}}}}}", "auth.jwt.secret"),
        (f"secret_key: {SECRET}", "secret_key"),
        ("upstream: {authorization: Bearer abc}", "upstream.authorization"),
        ("database_url: postgres://u:p@h/n", "database_url"),
        ("redis_url: rediss://:p@h", "redis_url"),
    ],
)
def test_a_secret_in_the_configuration_makes_it_a_secret_file(tmp_path: Path, text: str, key: str) -> None:
    good(tmp_path, text)
    path = write(tmp_path, text)
    path.chmod(0o644)
    with pytest.raises(
        ConfigErrors, match=f"config.yaml:1: {key}: is a secret in a file that others may read"
    ):
        load(path, {"JWT_SECRET": SECRET})


def test_redis_on_another_machine_without_tls_is_a_warning(tmp_path: Path) -> None:
    told = warned(tmp_path, f"{ISSUER}redis_url: redis://h/0\nmax_connections: 1")
    assert [line for line in told if line.startswith("redis_url")] == [
        "redis_url: goes to another machine without TLS: answers can be read on the way"
    ]


def test_a_configuration_without_secrets_may_be_read_by_all(tmp_path: Path) -> None:
    path = write(tmp_path, ISSUER + "upstream: {authorization: forward}\ndatabase_url: postgres://h/n")
    path.chmod(0o644)
    load(path, {"JWT_SECRET": SECRET})


# ---- the rest ---------------------------------------------------------------------------------


@proves("hard-H44")
@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("logging: {sample_bodies: 1}", "logging.sample_bodies"),
        ("server: {public_url: http://chat.example.com}", "server.public_url"),
        ("secret_key: '${K}'", "secret_key"),
        ("secret_key: 'django-insecure-${L}'", "secret_key"),
        ("auth: {issuer: http://chat.example.com}", "auth.issuer"),
    ],
)
def test_production_refuses_what_development_allows(tmp_path: Path, text: str, key: str) -> None:
    env = {"K": "short", "L": "x" * 60}
    only(bad(tmp_path, text, env), key)
    good(tmp_path, f"mode: development\n{text}", env)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("server: {workers: 2}", "server.workers"),
        ("server: {host: 'http://x'}", "server.host"),
        ("server: {host: ''}", "server.host"),
        ("server: {public_url: chat.example.com}", "server.public_url"),
        ("server: {public_url: https://chat.example.com/x}", "server.public_url"),
        ("server: {public_url: 'https://u:p@chat.example.com'}", "server.public_url"),
        ("server: {trusted_proxies: ['*']}", "server.trusted_proxies[0]"),
        ("server: {trusted_proxies: [127.0.0.1, proxy.example.com]}", "server.trusted_proxies[1]"),
        ("server: {trusted_proxies: [10.0.0.1/8]}", "server.trusted_proxies[0]"),
        ("metrics: {allow: [all]}", "metrics.allow[0]"),
        ("server: {cors_origins: ['*']}", "server.cors_origins[0]"),
        ("server: {cors_origins: [null]}", "server.cors_origins[0]"),
        ("server: {cors_origins: ['null']}", "server.cors_origins[0]"),
        ("server: {cors_origins: ['https://a.example.com/']}", "server.cors_origins[0]"),
        ("server: {cors_origins: ['https://A.example.com']}", "server.cors_origins[0]"),
        ("server: {cors_origins: ['https://*.example.com']}", "server.cors_origins[0]"),
        ("server: {cors_origins: ['a.example.com']}", "server.cors_origins[0]"),
        ("database_url: mysql://h/n", "database_url"),
        ("redis_url: localhost:6379", "redis_url"),
        ("redis_url: 'redis://'", "redis_url"),
        ("redis_url: redis://h/first", "redis_url"),
        ("redis_url: 'redis://h/0?db=1'", "redis_url"),
        ("redis_url: 'http://h'", "redis_url"),
        ("database_url: clawdbot.sqlite3", "database_url"),
        ("database_url: 'sqlite://'", "database_url"),
        ("database_url: postgres://h", "database_url"),
        ("upstream: {url: 'ftp://h'}", "upstream.url"),
        ("upstream: {url: 'localhost:11434'}", "upstream.url"),
        ("upstream: {url: 'http://u:p@h'}", "upstream.url"),
        ("upstream: {url: 'http://h:99999'}", "upstream.url"),
        ("upstream: {url: 'http://h/?a=b'}", "upstream.url"),
        ("upstream: {url: \"http://h\\n\"}", "upstream.url"),
        ("upstream: {authorization: forwards}", "upstream.authorization"),
        ("upstream: {authorization: \"Bearer x\\r\\nX: y\"}", "upstream.authorization"),
        ("models: {aliases: {a: a}}", "models.aliases.a"),
        ("models: {aliases: {x: a, a: b, b: c, c: a}}", "models.aliases.a"),
        ("models: {aliases: {a: ''}}", "models.aliases.a"),
        ("models: {options: {m: {temperature: 2.1}}}", "models.options.m.temperature"),
        ("models: {options: {m: {temperature: true}}}", "models.options.m.temperature"),
        ("models: {options: {m: {top_k: 1.5}}}", "models.options.m.top_k"),
        ("models: {options: {m: {num_ctx: 8192}}}", "models.options.m.num_ctx"),
        ("models: {options: {m: 5}}", "models.options.m"),
        ("mode: development\ndebug_port: 8080", "debug_port"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_refused_in_any_mode(tmp_path: Path, text: str, key: str) -> None:
    only(bad(tmp_path, text), key)


@pytest.mark.parametrize(
    "text",
    [
        "server: {trusted_proxies: [10.0.0.0/8, 'fd00::/8', '::1'], cors_origins: ['http://localhost:3000']}",
        "server: {public_url: 'http://localhost:8080'}",
        "server: {public_url: 'https://chat.example.com/'}",
        "database_url: sqlite:////srv/clawdbot.sqlite3",
        "database_url: 'postgresql://${U}@h:5432/n?sslmode=require'",
        "redis_url: 'rediss://${U}@h:6380/3'",
        "redis_url: redis://localhost",
        "upstream: {url: 'https://gpu.example.com/ollama/', authorization: 'Bearer ${U}'}",
        "models: {aliases: {a: b, b: c, x: b}}",
        "models: {options: {m: {temperature: 0, top_p: 1, top_k: 20, min_p: 0.05, repeat_penalty: 1.1, "
        "frequency_penalty: -2, presence_penalty: 2, seed: 7}}}",
        "debug_port: 8080",
        "mode: development\ndebug_port: 0\nserver: {port: 0}",
    ],
)
def test_what_can_work_is_accepted(tmp_path: Path, text: str) -> None:
    good(tmp_path, text, {"U": "user"})


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("mode: production", "server.public_url: is not set; people are told http://localhost:8080"),
        ("mode: production", "auth.jwt: no issuer is accepted; only the gateway's own tokens count"),
        ("mode: production",
         "upstream.max_connections: is 10 by default; it should equal OLLAMA_NUM_PARALLEL"),
        ("debug_port: 18789", "debug_port: is never opened in production"),
        ("server: {public_url: http://chat.example.com, allow_http: true}",
         "server.allow_http: plain http on purpose: tokens and conversations can be read on the way"),
        ("server: {trusted_proxies: [0.0.0.0/0]}", "server.trusted_proxies[0]: names every address there is"),
        ("mode: development\nserver: {host: 0.0.0.0}",
         "server.host: development mode can be reached from other machines"),
        ("timeout: 2h", "timeout: is longer than upstream.total_timeout"),
    ],
)  # fmt: skip
def test_what_one_should_know_is_a_warning(tmp_path: Path, text: str, warning: str) -> None:
    assert warning in warned(tmp_path, text)


def test_an_ordinary_production_file_has_no_warning(tmp_path: Path) -> None:
    text = "server: {public_url: https://chat.example.com}\nmax_connections: 4\n" + ISSUER
    assert warned(tmp_path, text) == []


def test_a_signing_key_that_cannot_sign_is_refused_and_not_quoted(tmp_path: Path) -> None:
    found = bad(tmp_path, "mode: development\nauth: {signing_key: not-a-key-at-all}\n")
    assert "PEM" in only(found, "auth.signing_key")
    assert "not-a-key-at-all" not in str(found)
