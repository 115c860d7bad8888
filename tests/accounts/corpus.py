"""The list of attacks (jwt-attacks/cases.json): templates filled in, signed and bent as each case says."""

from __future__ import annotations

import base64
import datetime
import json
import os
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.accounts import forge

CLIENT_ID = "clawdbot-login"
IDP = "https://login.example.com"
# RFC 7516 appendix A.2 ends with such a token; only its shape matters here.
JWE = (
    "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ."
    "OKOawDo13gRp2ojaHV7LFpZcgV7T6DVZ.48V1_ALb6US04U3b.5eym8TW_c8Su.XFBoMYUZodetZdvTiFvSkQ"
)


@dataclass(frozen=True)
class Case:
    id: str
    profile: str
    header: str
    payload: str
    sign: str
    expect: str
    mutate: str = ""
    expect_own: str = ""
    cls: str = ""

    @property
    def test_id(self) -> str:
        kind = "promise-S11" if "accept" in (self.expect, self.expect_own) else "hard-H41"
        return f"{kind}-{self.id}"


@dataclass(frozen=True)
class World:
    """Who signs and what the claims say where a template leaves it open."""

    iss: str = forge.ISS
    aud: str = forge.AUD
    secret: str = forge.SECRET
    key: str = "good"
    canary: str = "127.0.0.1:9"


@cache
def cases() -> tuple[Case, ...]:
    """Every case, in the file's order; none where CLAWDBOT_CORPORA does not point anywhere."""
    folder = os.environ.get("CLAWDBOT_CORPORA")
    if not folder:
        return ()
    rows = json.loads((Path(folder) / "jwt-attacks" / "cases.json").read_text())["cases"]
    return tuple(Case(**{name: row[name] for name in row if name in Case.__annotations__}) for row in rows)


def build(case: Case, world: World) -> str:
    """The token of this case."""
    header, payload = fill(case.header, world), fill(case.payload, world)
    token = forge.forge(header, payload, signer(case.sign, world))
    return MUTATIONS[case.mutate](token, lambda: _another(case, world)) if case.mutate else token


def _another(case: Case, world: World) -> str:
    """Another valid token, with another spelling of the header and another subject."""
    payload = fill(case.payload, world).replace(b'"u1"', b'"mallory"')
    return forge.forge(fill(case.header, world) + b" ", payload, signer(case.sign, world))


def from_part(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def fill(template: str, world: World) -> bytes:
    if match := re.fullmatch(r"\{\{UTF16:(.*)\}\}", template, re.DOTALL):
        return fill(match[1], world).decode().encode("utf-16")
    return re.sub(r"\{\{(.*?)\}\}", lambda match: value(match[1], world), template).encode(
        "utf-8", "surrogatepass"
    )


def value(name: str, world: World) -> str:
    """What stands in place of one `{{name}}`."""
    if match := re.fullmatch(r"NOW([+-]\d+)?", name):
        return str(int(time.time()) + int(match[1] or 0))
    if match := re.fullmatch(r"(.)\*(\d+)", name):
        return match[1] * int(match[2])
    return {
        "ISS": lambda: world.iss,
        "ISS[:-1]": lambda: world.iss[:-1],
        "ISS.upper": lambda: world.iss.upper(),
        "AUD": lambda: world.aud,
        "UUID": lambda: str(uuid.uuid4()),
        "CANARY": lambda: world.canary,
        "IDP": lambda: IDP,
        "CLIENT_ID": lambda: CLIENT_ID,
        "JWK_OF_OTHER": lambda: json.dumps(forge.jwk(forge.rsa_key("other"))),
        "CERT_OF_OTHER": lambda: base64.b64encode(certificate("other", Encoding.DER)).decode(),
        "GOOD_TOKEN": lambda: forge.hs_token(),
    }[name]()


def signer(sign: str, world: World) -> forge.Sign:
    """`hs256:GOOD` -> how to sign."""
    kind, _, name = sign.partition(":")
    if kind == "none":
        return forge.unsigned
    if kind == "garbage":
        return forge.garbage
    if kind == "rs256":
        return forge.rsa_by(forge.rsa_key({"GOOD": world.key, "OTHER": "other", "IDP": "idp"}[name]))
    return forge.hmac_by(secret(name, world), {"hs256": "sha256", "hs384": "sha384", "hs512": "sha512"}[kind])


def secret(name: str, world: World) -> bytes:
    if name == "GOOD":
        return world.secret.encode()
    if name == "EMPTY":
        return b""
    if name == "DJANGO_SECRET_KEY":
        from django.conf import settings

        return settings.SECRET_KEY.encode()
    return encodings(forge.rsa_key(world.key), world.key)[name.removeprefix("PUBLIC:")]


def encodings(key: RSAPrivateKey, name: str) -> dict[str, bytes]:
    """A public key in every spelling that a careless verifier might take for an HMAC secret."""
    public = key.public_key()
    spki = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return {
        "spki_pem": spki,
        "spki_pem_no_newline": spki.strip(),
        "pkcs1_pem": public.public_bytes(Encoding.PEM, PublicFormat.PKCS1),
        "der": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "cert_pem": certificate(name, Encoding.PEM),
        "jwk_json": json.dumps(forge.jwk(key)).encode(),
        "jwks_json": json.dumps({"keys": [forge.jwk(key)]}).encode(),
        "ssh_rsa": public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH),
        "base64_of_pem": base64.b64encode(spki),
        "bom_pem": b"\xef\xbb\xbf" + spki,
    }


@cache
def certificate(name: str, encoding: Encoding) -> bytes:
    key = forge.rsa_key(name)
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sso.example.com")])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder(who, who, key.public_key(), 1, now, now + datetime.timedelta(days=1))
    return made.sign(key, hashes.SHA256()).public_bytes(encoding)


Mutation = Callable[[str, Callable[[], str]], str]


def _signature(token: str, change: Callable[[bytes], bytes]) -> str:
    head, _, last = token.rpartition(".")
    return f"{head}.{forge.b64(change(from_part(last)))}"


def _low_bits(token: str) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) ^ 1]


def _flattened(token: str) -> str:
    protected, payload, signature = token.split(".")
    return json.dumps({"payload": payload, "protected": protected, "signature": signature})


def _swapped(token: str, another: str, place: int) -> str:
    parts = token.split(".")
    parts[place] = another.split(".")[place]
    return ".".join(parts)


def _standard_alphabet(token: str, another: Callable[[], str]) -> str:
    """`+` and `/` for `-` and `_`, in a token that has one of them (three in four do)."""
    while not any(char in token for char in "-_"):
        token = another()
    return token.replace("-", "+").replace("_", "/")


MUTATIONS: dict[str, Mutation] = {
    'append "="': lambda token, _: token + "=",
    'append "===="': lambda token, _: token + "====",
    "append newline": lambda token, _: token + "\n",
    "prepend space": lambda token, _: " " + token,
    'append ".a.b"': lambda token, _: token + ".a.b",
    "drop signature": lambda token, _: token.rpartition(".")[0],
    'signature = ""': lambda token, _: token.rpartition(".")[0] + ".",
    "use + and / instead of - and _ (pick a jti so that they occur)": _standard_alphabet,
    "flip the unused low bits of the last character": lambda token, _: _low_bits(token),
    'append "\u00e9"': lambda token, _: token + "\u00e9",
    "flattened JSON JWS": lambda token, _: _flattened(token),
    "five-part JWE of wycheproof": lambda *_: JWE,
    "drop last byte of the signature": lambda token, _: _signature(token, lambda octets: octets[:-1]),
    "signature of 32 zero bytes": lambda token, _: _signature(token, lambda octets: bytes(len(octets))),
    "header of another valid token": lambda token, another: _swapped(token, another(), 0),
    "payload of another valid token (same first 20 characters: cache-key test, CVE-2026-35030)": (
        lambda token, another: _swapped(token, another(), 1)
    ),
    "1 MiB token": lambda token, _: token + "A" * 2**20,
}
