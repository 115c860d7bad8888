"""The shape of config.yaml: names, types, defaults (contract.md, Configuration; design section 5).

A reload makes a new `Config` and swaps one reference. Sections and keys: section.py; sign-on: signon.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, SecretStr, with_config
from typing_extensions import TypedDict

from clawdsite.core.config.section import Section as Section
from clawdsite.core.config.section import key, part
from clawdsite.core.config.signon import OIDC_KINDS as OIDC_KINDS
from clawdsite.core.config.signon import Kind as Kind
from clawdsite.core.config.signon import Provider as Provider
from clawdsite.core.config.signon import ProviderOptions as ProviderOptions
from clawdsite.core.config.units import Bytes, Number, Seconds, Whole, empty_is_none

Port = Annotated[Whole, Field(ge=0, le=65535)]
Rate = Annotated[Whole, Field(ge=1)]
Limit = Annotated[Rate | None, BeforeValidator(empty_is_none)]


@with_config(ConfigDict(extra="forbid", hide_input_in_errors=True))
class Sampling(TypedDict, total=False):
    """What may stand under `models.options.<model>`: contract.md's ranges, Ollama's names.

    Runner options (num_ctx, num_gpu, ...) are missing on purpose: a change of one reloads the model.
    """

    temperature: Annotated[Number, Field(ge=0, le=2)]
    top_p: Annotated[Number, Field(ge=0, le=1)]
    top_k: Annotated[Whole, Field(ge=0)]
    min_p: Annotated[Number, Field(ge=0, le=1)]
    repeat_penalty: Annotated[Number, Field(ge=0, le=10)]
    frequency_penalty: Annotated[Number, Field(ge=-2, le=2)]
    presence_penalty: Annotated[Number, Field(ge=-2, le=2)]
    seed: Whole


if TYPE_CHECKING:
    Options = dict[str, Any]  # readers merge it into a JSON body; only the file is held to the names
else:
    Options = Sampling


class Server(Section):
    host: str = key("127.0.0.1", "Address to listen on.", restart=True)
    port: Port = key(8080, "Port to listen on.", restart=True)
    public_url: str = key(
        "",
        "Address that people use, e.g. https://chat.example.com. Empty: `http://localhost:<port>`.",
        restart=True,
    )
    workers: Whole = key(1, "Worker processes; more than one is not available yet.", restart=True, ge=1)
    trusted_proxies: tuple[str, ...] = key(
        ("127.0.0.1",),
        "Addresses or networks whose X-Forwarded-* headers count; from anyone else they mean nothing.",
    )
    cors_origins: tuple[str, ...] = key((), "Origins whose pages may call /v1 and /api with a bearer.")
    max_body: Bytes = key(32 * 10**6, "Largest request body; above it 413.", ge=1024)
    drain: Seconds = key(60.0, "How long SIGTERM waits for running answers.", ge=0)
    allow_http: bool = key(
        False, "Production behind plain http on purpose; `check` warns about it.", restart=True
    )
    front_ends: tuple[str, ...] = key(
        (),
        "Origins of front ends of one's own (same site): may be `next` after sign-in, and may call "
        "/api/session and /api/auth/token with the session cookie, all else with the bearer they get.",
    )


class Session(Section):
    idle: Seconds = key(7200.0, "A session ends after this long without a request.", ge=60)
    absolute: Seconds = key(43200.0, "A session ends this long after sign-in, whatever happens.", ge=60)


class JwtIssuer(Section):
    """One accepted issuer: algorithm and key are pinned to it."""

    enabled: bool = key(True, "Whether tokens of this issuer count.")
    name: str = key(
        "jwt", "Short name; unknown subjects become the caller `<name>:<sub>`.", pattern=r"^[a-z0-9_-]{1,32}$"
    )
    issuer: str = key("", "Exact `iss` of the tokens.")
    audience: str = key("", "Value that must be in `aud`.")
    algorithms: tuple[Literal["HS256", "RS256"], ...] = key(
        ("HS256",), "Exactly one of HS256, RS256.", min_length=1, max_length=1
    )
    secret: SecretStr = key(
        SecretStr(""), "HS256: the shared secret, 32 bytes or more; from the environment or a file."
    )
    jwks_url: str = key("", "RS256: where the issuer publishes its keys.")
    public_key: str = key("", "RS256: the issuer's public key in PEM, instead of jwks_url.")
    leeway: Seconds = key(60.0, "Clock difference that is forgiven in exp, nbf and iat.", ge=0, le=300)
    max_lifetime: Seconds = key(86400.0, "How far ahead exp may lie.", gt=0)
    unknown_subjects: Literal["token", "person", "refuse"] = key(
        "token",
        "What an unknown subject is: a caller with the token's scopes, a new person, or nobody (401).",
    )


class Auth(Section):
    issuer: str = key("", "`iss` of the gateway's own tokens. Empty: server.public_url.")
    audience: str = key("clawdbot-api", "`aud` of the gateway's own tokens.", min_length=1)
    signing_key: SecretStr = key(
        SecretStr(""),
        "The gateway's own RSA signing key, PEM. Empty: made once and kept in data_dir.",
        restart=True,
    )
    pepper: SecretStr = key(
        SecretStr(""),
        "Key that client secrets are hashed with, 32 bytes or more. Empty: made once and kept in data_dir.",
        restart=True,
    )
    local_login: bool = key(
        False, "Sign-in by name and password for people, in production too; in development it is on."
    )
    jwt: tuple[JwtIssuer, ...] = Field(
        (), description="Accepted token issuers: one mapping, or a list of named ones."
    )


class Queue(Section):
    size: Whole = key(100, "Callers that may wait; the next one is told to come back.", ge=0)
    wait: Seconds = key(300.0, "Longest wait in the queue.", gt=0)


class Upstream(Section):
    url: str = key("http://localhost:11434", "Where Ollama listens.")
    authorization: SecretStr = key(
        SecretStr("none"),
        'none, forward (the Authorization of a call to /v1 goes up), or a fixed value such as "Bearer ${X}".',
    )
    identify: bool = key(True, "Send opaque user_id and session_id in native bodies.")
    connect_timeout: Seconds = key(5.0, "Longest wait for the TCP connection.", gt=0)
    load_timeout: Seconds = key(600.0, "Longest wait for a model that is not loaded yet.", gt=0)
    first_token_timeout: Seconds = key(120.0, "Longest wait for the first piece of a loaded model.", gt=0)
    timeout: Seconds = key(120.0, "Longest silence after the first piece; not the length of an answer.", gt=0)
    total_timeout: Seconds = key(1800.0, "Longest answer altogether.", gt=0)
    max_connections: Whole = key(10, "Answers at once; should equal OLLAMA_NUM_PARALLEL.", ge=1)
    queue: Queue = part(Queue, "The wait in front of the model.")


class Models(Section):
    default: str = key("qwen3:32b", "Model for requests that name none.", min_length=1)
    vision: str = key("", "Model that takes messages with images when the asked one cannot. Empty: refused.")
    max_tokens: Whole = key(16384, "Most tokens an answer may have.", ge=1)
    n_max: Whole = key(4, "Most answers to one request (`n`).", ge=1, le=128)
    aliases: dict[str, str] = Field({}, description="Names clients use -> names the model's host knows.")
    options: dict[str, Options] = Field(
        {},
        description="Sampling defaults by model name, for what a request leaves out: temperature, top_p, "
        "top_k, min_p, repeat_penalty, frequency_penalty, presence_penalty, seed.",
    )
    system_prompt: str = key(
        "",
        "System prompt of the web chat. {name} is who asks, {language} theirs, {team} the conversation's, "
        "{date} today.",
    )
    system_prompts: dict[str, str] = Field(
        {}, description="System prompts by model name (as its host knows it); then not models.system_prompt."
    )
    reasoning_fields: Literal["both", "reasoning_content", "reasoning", "none"] = key(
        "both", "Names under which thinking is sent to API clients."
    )


class Rates(Section):
    rpm: Limit = key(None, "Requests a minute; empty: no limit.")
    parallel: Limit = key(None, "Calls at once; empty: no limit.")


class UserRates(Rates):
    rpm: Limit = key(60, "Requests a minute per person or token subject; empty: no limit.")
    parallel: Limit = key(4, "Calls at once per person or token subject; empty: no limit.")


class ClientRates(Rates):
    rpm: Limit = key(600, "Requests a minute per machine client; empty: no limit.")


class AddressRates(Section):
    rpm: Limit = key(300, "Requests a minute per address (IPv6: per /64); empty: no limit.")


class Limits(Section):
    per_user: UserRates = part(UserRates, "Limits of each person or token subject.")
    per_client: ClientRates = part(ClientRates, "Limits of each machine client.")
    per_address: AddressRates = part(
        AddressRates, "Limits of each client address, before anyone is identified."
    )
    teams: dict[str, Any] = Field({}, description="Limits by team.", json_schema_extra={"planned": True})


class ImageLimits(Section):
    max_bytes: Bytes = key(20 * 10**6, "Largest image file.", ge=1)
    max_pixels: Whole = key(25_000_000, "Most pixels an image may have.", ge=1)
    max_edge: Whole = key(1568, "Longest edge after the gateway scaled it down.", ge=16)


class Chat(Section):
    linger: Seconds = key(60.0, "How long an answer goes on with nobody watching.", ge=0)
    titles: bool = key(True, "The model names a new conversation after its first answer.")
    team_prompts: dict[str, str] = Field(
        {}, description="By team slug: added to the system prompt in the team's conversations."
    )
    image: ImageLimits = part(ImageLimits, "Limits of images, uploaded or in data URLs.")


class Metrics(Section):
    allow: tuple[str, ...] = key(
        (), "Addresses or networks besides loopback that may read /metrics and health details."
    )


class Logging(Section):
    level: Literal["debug", "info", "warning", "error"] = key("info", "Least severity that is written.")
    format: Literal["json", "text"] = key("json", "json for machines, text for a person's console.")
    sample_bodies: Number = key(
        0.0, "Share of requests whose whole body goes to a file of its own, secrets redacted.", ge=0, le=1
    )


class Admin(Section):
    sso_only: bool = key(False, "No password form for administrators: they sign in by a provider.")


class Sso(Section):
    sync: Seconds = key(
        900.0, "How often known people are looked up at WeCom, DingTalk, Feishu and Lark. 0: never.", ge=0
    )


class Config(Section):
    """The whole of config.yaml. `timeout` and `max_connections` may also stand at the top level."""

    mode: Literal["production", "development"] = key(
        "production", "development: debug port, DEBUG pages, defaults for trying out.", restart=True
    )
    data_dir: str = key(
        "var",
        "Directory of signing keys, Django's key, sampled bodies. Relative: to the file's folder.",
        restart=True,
        min_length=1,
    )
    secret_key: SecretStr = key(
        SecretStr(""), "Django's key. Empty: made once and kept in data_dir.", restart=True
    )
    database_url: SecretStr = key(
        SecretStr("sqlite:///var/clawdbot.sqlite3"),
        "`sqlite:///path` (relative: to the file's folder) or `postgres://user:password@host/name`.",
        restart=True,
    )
    redis_url: SecretStr = key(
        SecretStr(""),
        "`redis://:password@host/0` (`rediss://`: TLS): where processes that share a database tell each "
        "other of answers being written. Empty: they look into the database.",
        restart=True,
    )
    debug_port: Port = key(
        18789, "Port without login, development and loopback only. 0: never.", restart=True
    )
    server: Server = part(Server, "The address people reach.")
    session: Session = part(Session, "Browser sessions.")
    auth: Auth = part(Auth, "Tokens.")
    oauth2: tuple[Provider, ...] = key((), "Sign-on providers: one mapping, or a list of named ones.")
    sso: Sso = part(Sso, "Keeping people in step with the provider.")
    admin: Admin = part(Admin, "Django admin.")
    upstream: Upstream = part(Upstream, "The model's host: one mapping (a list of one is accepted).")
    models: Models = part(Models, "Names and defaults of models.")
    limits: Limits = part(Limits, "Requests a minute and calls at once.")
    chat: Chat = part(Chat, "The web chat.")
    metrics: Metrics = part(Metrics, "Who may read the metrics.")
    logging: Logging = part(Logging, "The logs.")

    @property
    def development(self) -> bool:
        return self.mode == "development"

    @property
    def public_url(self) -> str:
        """Without a trailing slash; the local address where none is configured."""
        return self.server.public_url.rstrip("/") or f"http://localhost:{self.server.port}"

    @property
    def token_issuer(self) -> str:
        return self.auth.issuer or self.public_url

    @property
    def local_login(self) -> bool:
        """Whether people may sign in by name and password."""
        return self.development or self.auth.local_login

    @property
    def providers(self) -> tuple[Provider, ...]:
        """The enabled sign-on providers, in the file's order."""
        return tuple(provider for provider in self.oauth2 if provider.enabled)
