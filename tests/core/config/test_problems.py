"""What a person is told of a broken file: everything at once, each with its place, never a secret."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clawdsite.core.config.catalogue import catalogue
from clawdsite.core.config.load import ConfigErrors, load
from tests.core.config.files import ENV, ISSUER, SECRET, bad, good, write
from tests.proof import proves

MANY = """\
mode: prodution
databse_url: sqlite:///x
server:
  port: 80a
  max_connections: 5
  workers: 2
auth:
  jwt:
    - {name: a, issuer: https://a.example.com, audience: x, secret: "${NO_SUCH}"}
    - {name: b, issuer: https://b.example.com, audience: x, secrt: "${JWT_SECRET}"}
    - {name: c, issuer: https://c.example.com, audience: x, secret_file: gone}
upstream:
  timeout: 5 parsecs
  connect_timeout:
  queue: {size: -1, wiat: 3s}
models:
  options: {"qwen3:32b": {temprature: 1, top_p: 2, seed: x}}
  aliases: {a: 4}
chat: {linger: 10s, image: {max_bytes: 20XB}}
"""


@proves("promise-M14")
def test_all_problems_come_at_once_with_file_line_and_key(tmp_path: Path) -> None:
    assert bad(tmp_path, MANY) == [
        "1: mode: expected production or development (did you mean production?)",
        "2: databse_url: unknown key (did you mean database_url?)",
        "4: server.port: expected a whole number",
        "5: server.max_connections: unknown key (did you mean upstream.max_connections?)",
        "6: server.workers: more than one is not available yet: it needs redis_url",
        "9: auth.jwt[0].secret: the environment variable NO_SUCH is not set",
        "10: auth.jwt[1].secrt: unknown key (did you mean auth.jwt.secret?)",
        f"11: auth.jwt[2].secret_file: cannot be read: {tmp_path}/gone there is no such file",
        "13: upstream.timeout: expected a duration such as 120s, 5m or 1h30m",
        "14: upstream.connect_timeout: has no value (leave the line out for the default)",
        "15: upstream.queue.size: must be at least 0",
        "15: upstream.queue.wiat: unknown key (did you mean upstream.queue.wait?)",
        "17: models.options.qwen3:32b.top_p: must be at most 1",
        "17: models.options.qwen3:32b.seed: expected a whole number",
        "17: models.options.qwen3:32b.temprature: unknown key "
        "(did you mean models.options.qwen3:32b.temperature?)",
        "18: models.aliases.a: expected text (put quotes around it)",
        "19: chat.image.max_bytes: expected a size such as 20MB or 32MiB",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: [b, c\nmode: x: y", "2: not valid YAML: expected ',' or ']', but got ':'"),
        ("mode: production\nmode: development", "2: mode: given twice (first in line 1)"),
        ("upstream: {url: http://a:1, url: http://b:1}", "1: upstream.url: given twice (first in line 1)"),
        ("timeout: 1s\nupstream: {timeout: 2s}", "2: upstream.timeout: given twice "
         "(also as timeout in line 1)"),
        ("upstream: {timeout: 2s}\ntimeout: 1s", "2: timeout: given twice "
         "(also as upstream.timeout in line 1)"),
        ("- mode", "1: expected `key: value` lines at the top"),
        ("hello", "1: expected `key: value` lines at the top"),
        ("", "is empty (half written? see config.example.yaml for what belongs here)"),
        ("# a comment\n", "is empty (half written? see config.example.yaml for what belongs here)"),
        ("server: 8080", "1: server: expected `key: value` lines below it"),
        ("server: {trusted_proxies: 10.0.0.1}", "1: server.trusted_proxies: expected a list"),
        ("server: {port: 70000}", "1: server.port: must be at most 65535"),
        ("server: {port: yes}", "1: server.port: expected a number, not true or false"),
        ("server: {port: 80.5}", "1: server.port: expected a whole number"),
        ("server: {host: 1}", "1: server.host: expected text (put quotes around it)"),
        ("upstream: {identify: maybe}", "1: upstream.identify: expected true or false"),
        ("upstream: {timeout: .inf}", "1: upstream.timeout: is longer than any clock can count"),
        ("upstream: {timeout: 0}", "1: upstream.timeout: must be more than 0"),
        ("upstream: {timeout: -5s}", "1: upstream.timeout: expected a duration such as 120s, 5m or 1h30m"),
        ("server: {max_body: 1}", "1: server.max_body: must be at least 1024"),
        (f"server: {{max_body: {'9' * 400}}}", "1: server.max_body: is more than any machine holds"),
        ("logging: {level: warn}", "1: logging.level: expected debug, info, warning or error "
         "(did you mean warning?)"),
        ("logging: {sample_bodies: .nan}", "1: logging.sample_bodies: expected a number"),
        ("auth: {jwt: {name: 'A B'}}", "1: auth.jwt.name: may hold a-z, 0-9, _ and -, at most 32 of them"),
        ("a: &x {b: 1}\nserver:\n  <<: *x", "3: server.<<: merge keys are not supported"),
        ("mode: !!python/object:os.system x", "1: mode: YAML tags are not supported "
         "(put quotes around a value that begins with !)"),
        ("? [a]\n: b", "1: a key must be plain text"),
        ("x: &x [*x]", "1: is nested too deeply or far too large"),
        ("model: llama3", "1: model: unknown key (did you mean models?)"),
        ("jwt: {}", "1: jwt: unknown key (did you mean auth.jwt?)"),
        ("rpm: 5", "1: rpm: unknown key (did you mean limits.per_user.rpm?)"),
        ("zzzzzz: 5", "1: zzzzzz: unknown key"),
    ],
)  # fmt: skip
def test_a_mistake_is_named(tmp_path: Path, text: str, told: str) -> None:
    found = bad(tmp_path, text)
    assert any(line.startswith(told) for line in found), found


def test_a_key_in_the_wrong_place_is_not_missed_in_the_right_one(tmp_path: Path) -> None:
    text = "auth: {secret: '${JWT_SECRET}', jwt: {issuer: https://a.example.com, audience: x}}"
    assert bad(tmp_path, text) == ["1: auth.secret: unknown key (did you mean auth.jwt.secret?)"]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("limits: {teams: {team-a: {rpm: 5}}}", "limits.teams.team-a.rpm"),
        ("upstream: [{url: http://a:1}, {url: http://b:1}]", "upstream[1]"),
        ("server: {workers: 2}", "server.workers"),
        ("{redis_url: redis://localhost, server: {workers: 2}}", "server.workers"),
    ],
)
def test_what_is_not_built_is_refused_and_never_ignored(tmp_path: Path, text: str, key: str) -> None:
    found = bad(tmp_path, text)
    assert any(line.startswith(f"1: {key}: ") and "not available yet" in line for line in found), found


@pytest.mark.parametrize(
    "text",
    [
        "limits: {teams: {}}",
        "server: {workers: 1}",
    ],
)
def test_the_default_of_what_is_not_built_is_fine(tmp_path: Path, text: str) -> None:
    good(tmp_path, text)


CANARY = "canary-7f3a-canary-7f3a-canary-7f3a-canary"


@proves("hard-H38")
@pytest.mark.parametrize(
    "text",
    [
        f"auth: {{jwt: {{secret: {CANARY}, algorithms: [RS256]}}}}",
        f"auth: {{jwt: {{secret: [{CANARY}]}}}}",
        f"auth: {{jwt: {{secret: &{CANARY}}}}}",
        f"auth: {{jwt: {{secret: *{CANARY}}}}}",
        f"auth: {{jwt: {{secret: !{CANARY} x}}}}",
        f"auth: {{jwt: {{secret: !{CANARY}!x x}}}}",
        f"auth: {{jwt: {{secret: '{CANARY}}}}}",
        f'auth: {{jwt: {{secret: "{CANARY}\\q"}}}}',
        f"auth: {{jwt: {{secret: {CANARY}: x}}}}",
        f"auth: {{jwt: {{secrets: {CANARY}}}}}",
        f"secret_key: {{a: {CANARY}}}",
        f"database_url: {CANARY}://u:{CANARY}@h/n",
        f"upstream: {{authorization: {CANARY}, url: 'http://u:{CANARY}@h'}}",
        f"oauth2: {{client_secret: {CANARY}}}",
        f"oauth2: [{{client_secret: [{CANARY}]}}]",
        f"oauth2: {{client_secret: '{CANARY} '}}",
        f"oauth2: {{client_secret: '$${{{CANARY}'}}",
        f"oauth2: {{provider: {CANARY}, client_secrt: {CANARY}}}",
        f"auth: {{pepper: {CANARY[:20]}}}",
        f"auth: {{pepper: [{CANARY}]}}",
        f"redis_url: redi://:{CANARY}@h",
        f"redis_url: redis://:{CANARY}@h/x",
        f"redis_url: redis://:{CANARY}@h/0?{CANARY}=1",
        f"mode: {CANARY}",
        "mode: ${CANARY}",
    ],
)
def test_no_value_is_ever_quoted(tmp_path: Path, text: str) -> None:
    told = "\n".join(bad(tmp_path, text, {"CANARY": CANARY}))
    assert "canary" not in told


def test_a_secret_file_is_never_quoted_either(tmp_path: Path) -> None:
    write(tmp_path, "canary\n", "jwt")
    assert "canary" not in "".join(bad(tmp_path, "auth: {jwt: {secret_file: jwt, leeway: 1h}}"))


def test_a_small_file_cannot_unfold_into_a_huge_one(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert any("far too large" in line for line in bad(tmp_path, "\n".join(lines)))


def loads_or_says_why(path: Path) -> None:
    try:
        load(path, ENV)
    except ConfigErrors as errors:
        told = str(errors)
    else:
        told = "nothing"
    assert told


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_whatever_stands_in_the_file_it_loads_or_says_why(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(content)
    loads_or_says_why(path)


KEYS = st.sampled_from([*{step for path in catalogue() for step in path.split(".")}])
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just("${X}")),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4))
def test_whatever_the_keys_hold_it_loads_or_says_why(tmp_path: Path, content: dict[str, object]) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(content))
    loads_or_says_why(path)


def test_what_is_kept_in_memory_shows_no_secret(tmp_path: Path) -> None:
    assert SECRET not in repr(good(tmp_path, ISSUER))
