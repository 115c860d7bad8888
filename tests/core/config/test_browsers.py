"""Sessions, front ends of one's own, and the pepper: what is refused and what is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from clawdsite.core.config.addresses import same_site
from clawdsite.core.config.load import ConfigErrors, load
from tests.core.config.files import ISSUER, bad, good, mount, warned, write

HERE = "https://chat.example.com"


def server(*origins: str, url: str = HERE, more: str = "") -> str:
    return f"max_connections: 4\nserver: {{public_url: '{url}', front_ends: {list(origins)}{more}}}\n{ISSUER}"


@pytest.mark.parametrize("origin", ["https://app.example.com", "https://chat.example.com:3000"])
def test_a_front_end_of_the_same_site_is_accepted_without_a_word(tmp_path: Path, origin: str) -> None:
    text = server(origin)
    assert warned(tmp_path, text) == []
    assert good(tmp_path, text).config.server.front_ends == (origin,)


def test_a_local_front_end_belongs_to_a_local_gateway(tmp_path: Path) -> None:
    assert warned(tmp_path, server("http://localhost:3000", url="http://localhost:8080")) == []


@pytest.mark.parametrize("mode", ["production", "development"])
@pytest.mark.parametrize(
    ("origin", "word"),
    [
        ("https://app.example.com/", "expected an origin"),
        ("https://app.example.com/login", "expected an origin"),
        ("https://*.example.com", "must name each origin"),
        ("app.example.com", "expected an origin"),
        ("null", "expected an origin"),
        ("http://app.example.com", "is plain http to another machine"),
    ],
)
def test_a_front_end_is_an_origin_over_https(tmp_path: Path, origin: str, word: str, mode: str) -> None:
    (found,) = bad(tmp_path, f"mode: {mode}\n" + server(HERE, origin))
    assert found.startswith(f"3: server.front_ends[1]: {word}")


def test_a_front_end_over_plain_http_on_purpose_is_a_warning(tmp_path: Path) -> None:
    text = server("http://app.example.com", url="http://chat.example.com", more=", allow_http: true")
    assert "server.front_ends[0]: is plain http to another machine" in warned(tmp_path, text)


@pytest.mark.parametrize("origin", ["https://example.org", "http://localhost:3000"])
def test_the_cookie_does_not_come_along_from_another_site(tmp_path: Path, origin: str) -> None:
    (told,) = warned(tmp_path, server(origin))
    assert told == f"server.front_ends[0]: is another site than server.public_url ({HERE})"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.example.com", "https://b.example.com:8443", True),
        ("https://example.com", "https://b.c.example.com", True),
        ("https://a.example.com", "http://a.example.com", False),
        ("https://a.example.com", "https://example.org", False),
        ("https://a.com.cn", "https://b.com.cn", False),
        ("https://x.a.com.cn", "https://y.a.com.cn", True),
        ("https://shop.example.co.uk", "https://chat.example.co.uk", True),
        ("http://10.0.0.1:8080", "http://10.0.0.1:3000", True),
        ("http://10.0.0.1", "http://20.0.0.1", False),
        ("http://localhost:1", "http://localhost:2", True),
        ("http://localhost:1", "http://127.0.0.1:1", False),
        ("http://[::1]:1", "http://[::1]:2", True),
    ],
)
def test_a_site_is_a_scheme_and_the_domain_that_somebody_owns(one: str, other: str, same: bool) -> None:
    assert same_site(one, other) is same
    assert same_site(other, one) is same


def test_no_session_idles_longer_than_it_lives(tmp_path: Path) -> None:
    for text in ("session: {idle: 13h}", "session: {absolute: 1h}"):
        (found,) = bad(tmp_path, text)
        assert found.startswith("1: session.idle: is longer than session.absolute")
    assert good(tmp_path, "session: {idle: 1h, absolute: 1h}").config.session.idle == 3600
    assert "must be at least 60" in bad(tmp_path, "session: {idle: 1s}")[0]


# ---- the pepper -------------------------------------------------------------------------------

PUBLIC = "16f8c0ef4a5d391b26034086c628469d3f9f497f08163ab9b40137092f2909ef"


@pytest.mark.parametrize("mode", ["production", "development"])
def test_a_short_pepper_is_refused_in_any_mode(tmp_path: Path, mode: str) -> None:
    (found,) = bad(tmp_path, f"mode: {mode}\nauth: {{pepper: '${{P}}'}}", {"P": "p" * 31})
    assert found.startswith("2: auth.pepper: is too short: 31 bytes, needs 32 or more (make one with")
    assert good(tmp_path, f"mode: {mode}\nauth: {{pepper: '${{P}}'}}", {"P": "é" * 16}).config.auth.pepper


def test_a_public_pepper_is_refused_in_production_alone(tmp_path: Path) -> None:
    text = "max_connections: 4\nauth: {pepper: '${P}'}\n"
    (found,) = bad(tmp_path, text, {"P": PUBLIC})
    assert found.startswith("2: auth.pepper: stands on a public list of secrets")
    told = warned(tmp_path, "mode: development\n" + text, {"P": PUBLIC})
    assert told == ["auth.pepper: stands on a public list of secrets"]


def test_the_pepper_may_be_mounted_for_its_owner_alone(tmp_path: Path) -> None:
    file = mount(tmp_path, "p" * 40 + "\n", "pepper")
    text = "auth: {pepper_file: pepper}"
    assert good(tmp_path, text).config.auth.pepper.get_secret_value() == "p" * 40
    file.chmod(0o644)
    (found,) = bad(tmp_path, text)
    assert found.startswith("1: auth.pepper_file: is a secret in a file that others may read")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (f"auth: {{pepper: {'p' * 40}}}", "auth.pepper"),
        ("oauth2: [{enabled: false}, {enabled: false, client_secret: kept}]", r"oauth2\[1\].client_secret"),
    ],
)
def test_a_secret_of_sign_on_makes_the_configuration_a_secret_file(
    tmp_path: Path, text: str, key: str
) -> None:
    path = write(tmp_path, text)
    load(path, {})
    path.chmod(0o640)
    with pytest.raises(ConfigErrors, match=f"1: {key}: is a secret in a file that others may read"):
        load(path, {})
