"""What `clawdbot sso check` finds out about an OpenID provider: it asks, signs nobody in, changes nothing."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

from accounts.providers.base import Finding, SSOError
from accounts.providers.discovery import Discovery, Metadata, address_of, answer_of, read_keys, read_metadata
from accounts.providers.http import Answer, Deadline, Unreachable, ask
from accounts.providers.oidc_backend import StrictOIDCBackend, auth_method
from clawdsite.core.config.schema import Provider

SKEW: Final = 30.0  # seconds the clocks may differ before it is worth a word; tokens allow 60
RENEW: Final = 14 * 86400.0  # a certificate that ends sooner is worth a word
GOOGLE: Final = "https://accounts.google.com"
ENTRA: Final = "https://login.microsoftonline.com/"
LOOK: Final = "Open issuer_url/.well-known/openid-configuration: JSON is expected, and no redirect."
SHARED: Final = ("common", "organizations", "consumers")


def findings(provider: Provider, now: Callable[[], float] = time.time) -> list[Finding]:
    """Never raises: what cannot be found out is a finding too."""
    found = _of_the_entry(provider)
    try:
        answer = answer_of(address_of(provider.issuer_url), "its metadata", Deadline.after())
        metadata = read_metadata(answer, provider.issuer_url)
    except SSOError as err:
        fix = _reach(err) or LOOK
        if "character by character" in err.detail:
            fix = "Copy the metadata's issuer into issuer_url."
        found.append(Finding("error", f"Discovery failed: {err.detail}.", "issuer_url", fix))
        return found
    found.append(Finding("ok", f"Metadata of {metadata.issuer} was read.", "issuer_url"))
    found += [
        *_of_the_line(answer, now()),
        *_of_the_metadata(provider, metadata),
        *_of_the_keys(provider, metadata),
    ]
    found += [*_of_the_page(provider, metadata), *_of_the_secret(provider)]
    return found


def _reach(err: SSOError) -> str:
    if err.code == "provider_unavailable":
        return "Open it from this machine; look at DNS, proxy, firewall and certificate (SSL_CERT_FILE)."
    return ""


def _of_the_entry(provider: Provider) -> list[Finding]:
    """What the configuration alone gives away."""
    issuer, options = provider.issuer_url, provider.provider_options
    found = []
    if issuer.startswith(ENTRA) and issuer[len(ENTRA) :].split("/")[0] in SHARED:
        fix = f"Use {ENTRA}<tenant id>/v2.0."
        found.append(Finding("error", "The issuer is Entra's for every tenant.", "issuer_url", fix))
    if issuer == GOOGLE and not options.allowed_hd:
        what = "Everybody with a Google account may sign in."
        found.append(Finding("warning", what, "provider_options.allowed_hd", "Name your Workspace domain."))
    if options.api_audience:
        what = f"Access tokens count as bearers where aud contains {options.api_audience!r}."
        fix = "Keycloak: an Audience mapper with it as Included Custom Audience, for the callers' clients."
        found.append(Finding("note", what, "provider_options.api_audience", fix))
    return found


def _of_the_line(answer: Answer, now: float) -> list[Finding]:
    found = []
    try:
        skew = parsedate_to_datetime(answer.headers.get("date", "")).timestamp() - now
    except (TypeError, ValueError):
        skew = 0.0
    if abs(skew) > SKEW:
        ahead = "ahead of" if skew > 0 else "behind"
        what = f"Its clock is {abs(skew):.0f} s {ahead} ours; tokens are refused from 60 s on."
        found.append(
            Finding("error" if abs(skew) > 60 else "warning", what, "clock", "Run NTP on both machines.")
        )
    else:
        found.append(Finding("ok", "The clocks agree.", "clock"))
    if answer.certificate_ends and answer.certificate_ends - now < RENEW:
        day = datetime.fromtimestamp(answer.certificate_ends, UTC).date()
        what = f"Its certificate ends on {day.isoformat()}."
        found.append(Finding("warning", what, "issuer_url", "Have it renewed at the provider."))
    return found


def _of_the_metadata(provider: Provider, said: Metadata) -> list[Finding]:
    options = provider.provider_options
    found = []
    if said.challenge_methods is not None and "S256" in said.challenge_methods:
        found.append(Finding("ok", "It offers PKCE by S256.", "code_challenge_methods_supported"))
    else:
        what = "It does not say that it checks PKCE by S256; the challenge is sent all the same."
        fix = "Have the client there require PKCE by S256, if it can."
        found.append(Finding("note", what, "code_challenge_methods_supported", fix))
    if said.algorithms is not None and not set(said.algorithms) & set(options.allowed_algs):
        theirs = ", ".join(said.algorithms[:10])
        what = f"It signs ID tokens by {theirs}; allowed are {', '.join(options.allowed_algs)}."
        fix = "Have it sign by RS256, or allow what it signs by; HS256 cannot be allowed."
        found.append(Finding("error", what, "provider_options.allowed_algs", fix))
    missing = [scope for scope in provider.scopes if said.scopes is not None and scope not in said.scopes]
    if missing:
        what = f"It does not list the scopes {', '.join(missing)}."
        found.append(Finding("warning", what, "scopes", "Define them there or leave them out here."))
    if not said.says_issuer:
        found.append(Finding("note", "Its answers do not name their issuer (RFC 9207).", "metadata"))
    if not said.userinfo_endpoint:
        found.append(Finding("note", "It has no userinfo; all must be in the ID token.", "metadata"))
    return [*found, *_of_leaving(said)]


def _of_leaving(said: Metadata) -> list[Finding]:
    found = []
    if not said.end_session_endpoint:
        what = "Signing out here leaves its own session open (no end_session_endpoint)."
        found.append(Finding("note", what, "metadata"))
    if said.backchannel_logout:
        what = "It can tell us when a person is signed out there."
        fix = "Register <public_url>/auth/<name>/backchannel as the back-channel logout address."
        found.append(Finding("ok", what, "backchannel_logout_supported", fix))
    else:
        what = "It does not tell us when a person is signed out there (back-channel logout)."
        found.append(Finding("note", what, "metadata", "session.absolute bounds how long a sign-in lasts."))
    return found


def _of_the_keys(provider: Provider, said: Metadata) -> list[Finding]:
    try:
        keys = read_keys(answer_of(said.jwks_uri, "its keys (jwks_uri)", Deadline.after()))
    except SSOError as err:
        fix = _reach(err) or "Have jwks_uri mended at the provider."
        return [Finding("error", f"No keys: {err.detail}.", "jwks_uri", fix)]
    allowed = provider.provider_options.allowed_algs
    usable = [key for key in keys.keys if key.algorithms & set(allowed)]
    found = []
    if keys.weak:
        what = f"{keys.weak} of its RSA keys are unsound (below 2048 bits, say) and never used."
        found.append(Finding("warning", what, "jwks_uri", "Have them replaced at the provider."))
    if not usable:
        what = f"None of its keys is for {', '.join(allowed)}."
        found.append(Finding("error", what, "provider_options.allowed_algs", "Allow what it signs by."))
    else:
        found.append(Finding("ok", f"{len(usable)} of its keys can be used.", "jwks_uri"))
    return found


def _of_the_page(provider: Provider, said: Metadata) -> list[Finding]:
    """Asked for a sign-in without any page (prompt=none), it answers at redirect_uri only if it knows it."""
    query = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": provider.redirect_uri,
        "scope": " ".join(provider.scopes),
        "state": secrets.token_hex(16),
        "nonce": secrets.token_hex(16),
        "code_challenge": secrets.token_urlsafe(32),
        "code_challenge_method": "S256",
        "prompt": "none",
    }
    joint = "&" if "?" in said.authorization_endpoint else "?"
    try:
        answer = ask(
            "GET", f"{said.authorization_endpoint}{joint}{urlencode(query)}", deadline=Deadline.after()
        )
    except Unreachable as err:
        fix = "Open it from this machine; look at DNS, proxy and firewall."
        what = f"Its sign-in page cannot be reached: {err}."
        return [Finding("error", what, "authorization_endpoint", fix)]
    where = answer.headers.get("location", "")
    if 300 <= answer.status < 400 and where.startswith(provider.redirect_uri):
        return [_of_the_return(where)]
    if answer.status >= 400:
        what = f"Its sign-in page answers {answer.status}: client_id or redirect_uri is not registered."
        fix = f"Register {provider.redirect_uri} there, exactly, as a redirect URI of {provider.client_id}."
        return [Finding("error", what, "redirect_uri", fix)]
    what = "Whether redirect_uri is registered cannot be told from its answer; sign in once to see."
    return [Finding("note", what, "redirect_uri")]


def _of_the_return(where: str) -> Finding:
    said = parse_qs(urlsplit(where).query).get("error", [""])[0]
    if said in ("invalid_scope", "unauthorized_client", "invalid_request", "unsupported_response_type"):
        fix = "Allow the authorization code flow and these scopes for this client."
        return Finding("error", f"It knows redirect_uri, but refuses the request: {said}.", "scopes", fix)
    return Finding("ok", "It knows client_id and redirect_uri.", "redirect_uri")


def _of_the_secret(provider: Provider) -> list[Finding]:
    """A code that it never gave is refused as such by a provider that knows our secret."""
    fresh = Discovery(provider.issuer_url)
    tried = {
        "grant_type": "authorization_code",
        "code": f"clawdbot-check-{secrets.token_hex(8)}",
        "redirect_uri": provider.redirect_uri,
        "code_verifier": secrets.token_hex(32),
    }
    try:
        method = auth_method(provider, fresh.metadata().token_auth_methods)
        StrictOIDCBackend(provider, fresh).get_token(tried)
    except SSOError as err:
        if err.code == "expired":
            return [
                Finding("ok", f"Its token endpoint knows client_id and secret ({method}).", "client_secret")
            ]
        fix = "Copy the secret anew; look at the client's authentication method there."
        what = f"The secret could not be proved: {err.detail}."
        if err.code == "misconfigured":
            return [Finding("error", what, "client_secret", fix)]
        return [Finding("warning", what, "client_secret", "Try again once its token endpoint answers.")]
    what = "It took a code that it never gave."
    return [Finding("error", what, "token_endpoint", "Do not use this provider.")]
