"""Which settings does Callsheet have, what are their defaults, and where do they come from?

The only file that reads the environment. An entry point builds one `Settings` and passes it on.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.crypto import Keyring, load_keyring
from shared.errors import NotConfigured
from shared.validation import message_of

Role = Literal["owner", "gateway", "worker", "dispatcher"]

ROLE_NAMES: dict[Role, str] = {
    "owner": "callsheet_owner",
    "gateway": "callsheet_gateway",
    "worker": "callsheet_worker",
    "dispatcher": "callsheet_dispatcher",
}


# Our own processes, and the secrets that each gets. `foundation` sets everything up, as the database's owner; processes
# without a line here get no secrets.
ProcessKind = Literal[
    "gateway", "dispatcher", "pool", "keeper", "flower", "foundation", "supervisor", "sandbox", "window", "question",
    "host_pool", "host",
]  # fmt: skip
_TOLD: dict[ProcessKind, tuple[str, ...]] = {
    "gateway": ("gateway_database_url", "redis_url", "keys", "oauth_clients"),
    "dispatcher": ("dispatcher_database_url", "redis_url"),
    "pool": ("worker_database_url", "redis_url", "keys", "oauth_clients"),
    "keeper": ("worker_database_url", "redis_url"),
    "host_pool": ("worker_database_url", "redis_url"),
    "flower": ("redis_url",),
    "foundation": (
        *("database_url", "gateway_database_url", "worker_database_url", "dispatcher_database_url"),
        *("redis_url", "keys", "oauth_clients"),
    ),
}
SECRETS = frozenset(_TOLD["foundation"])
_ROLE_OF: dict[str, Role] = {f"{role}_database_url": role for role in ("gateway", "worker", "dispatcher")}

# Passed to a program that is not our own process. Nothing else in our environment is: an address with its password, a key,
# and what a person's shell happens to hold.
_PASSED = frozenset(
    {
        *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "CALLSHEET_PART_OF"),
        *("DISPLAY", "XAUTHORITY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "LD_LIBRARY_PATH", "FONTCONFIG_FILE"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS", "__CF_USER_TEXT_ENCODING"),
        *("http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    }
)
_PASSED_PREFIXES = ("LC_", "XDG_", "PLAYWRIGHT_")


def _as_switch(value: object) -> object:
    """Return `on` or `off` for a truth value, which this setting accepted before it had a third value."""
    words = {"true": "on", "1": "on", "yes": "on", "false": "off", "0": "off", "no": "off"}
    said = str(value).strip().lower()
    return words.get(said, said)


class Settings(BaseSettings):
    """Every setting of the product; the environment name is `CALLSHEET_` and the field in capitals."""

    model_config = SettingsConfigDict(env_prefix="CALLSHEET_", extra="ignore")

    home: Path = Field(Path(".callsheet"), description="Embedded servers, logs, media, proofs, keys.")
    database_url: str = Field("", description="PostgreSQL, as its owner: migrations, set-up, doctor.")
    gateway_database_url: str = Field("", description="PostgreSQL as the gateway; else made from database_url.")
    worker_database_url: str = Field("", description="PostgreSQL as a worker; else made from database_url.")
    dispatcher_database_url: str = Field("", description="PostgreSQL as the dispatcher; else made from database_url.")
    redis_url: str = Field("", description="Redis, which carries messages between dispatcher and workers.")
    keys: str = Field("", description="Encryption keys `id:base64,…`, newest first; else the file $CALLSHEET_HOME/keys.")

    secrets_file: str = Field(
        "",
        description="A JSON file (mode 600) with those of these settings that are secret, so that no environment holds them;"
        " what the environment says counts more.",
    )

    host: str = Field("127.0.0.1", description="Address on which gateway and Flower listen.")
    port: int = Field(3000, ge=1, le=65535, description="Port of the gateway and the live page.")
    flower_port: int = Field(5555, ge=1, le=65535, description="Port of Flower.")
    sandbox_port: int = Field(3900, ge=1, le=65535, description="Port of the practice sites.")

    browser: str = Field("", description="Path of Chrome or Chromium; else found on this machine.")
    safari: Literal["auto", "on", "off"] = Field(
        "auto", description="Serve the Safari lane of this machine; `auto` does so on a Mac."
    )
    safari_hours: str = Field(
        "",
        pattern=r"^(([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d)?$",
        description="When the Safari lane works, by this Mac's own clock, as `09:00-21:00`; always, if empty.",
    )
    safari_idle_s: float = Field(
        60, ge=0, description="The Safari lane works when nobody has touched this Mac for this long (seconds); 0: always."
    )
    headless: Annotated[Literal["auto", "on", "off"], BeforeValidator(_as_switch)] = Field(
        "auto",
        description="Run Chromium without a window: `auto` all but the one in which a person signs an account in, `on` that"
        " one too (for tests), `off` none.",
    )
    sign_in_s: float = Field(600, gt=0, description="How long that browser waits for the person (seconds).")
    host_name: str = Field("local", pattern=r"^[a-z0-9-]{1,40}$", description="Name of this machine in lane names.")
    browser_idle_s: float = Field(300, gt=0, description="A warm browser that was idle this long is closed (seconds).")
    browser_recycle_after: int = Field(200, ge=1, description="A browser is started afresh after this many tasks.")

    host_pools: bool = Field(default=True, description="The keeper starts the workers that drive joined hosts.")
    door_host: str = Field(
        "",
        pattern=r"^([0-9a-f-]{36})?$",
        description="The joined host, by its id, whose browsers this process drives; set by `workers.hosts.host_pools`.",
    )
    pool: str = Field("", description="The pool that this process serves; set by `callsheet worker`.")

    merge_pools: bool = Field(default=False, description="Fewer pools, each for several platforms; set by `callsheet up`.")

    lease_s: float = Field(60, ge=1, description="An attempt's lease (seconds); renewed every third of it.")
    lane_lease_s: float = Field(15, ge=1, description="The lease of the one process that drives a Mac's Safari (seconds).")
    call_begin_ms: int = Field(500, ge=10, description="A call that has not begun this long after its intent is abandoned.")
    leader_lease_s: float = Field(10, ge=1, description="The leading dispatcher's lease (seconds).")
    tick_ms: int = Field(500, ge=10, description="The longest wait inside one tick of the dispatcher (milliseconds).")
    reconcile_s: float = Field(1, gt=0, description="How often the leader looks for lost work (seconds).")
    keeper_s: float = Field(1, gt=0, description="How often the keeper looks for processes that it must end (seconds).")
    worker_seen_s: float = Field(
        15, ge=1, description="A worker that was silent this long counts as gone (seconds; asleep, four times as long)."
    )
    unclaimed_s: float = Field(10, gt=0, description="A released task nobody claimed is published again after (seconds).")
    sweep_s: float = Field(
        300, gt=0, description="How often all parked tasks are checked for a change that woke none (seconds)."
    )
    ageing_s: float = Field(600, gt=0, description="A waiting task moves up one priority for each such time (seconds).")
    schedule_late_s: float = Field(300, ge=60, description="A schedule's slot is missed when it comes this late (seconds).")
    wake_ahead_s: float = Field(300, ge=0, description="Asleep, the system wakes this long before scheduled work (seconds).")
    breaker_failures: int = Field(
        5,
        ge=2,
        description="This many failures in a row open a destination's breaker; one task alone, with 3 retries, makes 4.",
    )
    breaker_window_s: float = Field(300, gt=0, description="Within this time the failures must come (seconds).")
    breaker_shortest_s: float = Field(
        30, gt=0, description="How long it opens first; doubled with each failed trial (seconds)."
    )
    breaker_longest_s: float = Field(900, gt=0, description="How long it opens at most (seconds).")
    film_poll_s: float = Field(
        0, ge=0, description="How often a film that is being made is looked at (seconds); 0: as its maker's manifest says."
    )
    film_polls: int = Field(
        0, ge=0, description="After this many looks at a film its task fails; 0: as its maker's manifest says."
    )
    max_lost: int = Field(10, ge=1, description="How many attempts may be lost before the task fails.")

    stream_s: float = Field(300, gt=0, description="An event stream is closed after this long; clients resume (seconds).")
    max_streams: int = Field(500, ge=1, description="Event streams and sockets that one gateway has open at most.")
    max_streams_each: int = Field(
        20, ge=1, description="How many of them one key or person has, or one IP address signs in."
    )
    max_connections: int = Field(2_000, ge=10, description="Connections that one gateway has at most.")
    header_s: float = Field(10, gt=0, description="A connection whose request's head takes longer is closed (seconds).")
    max_body_bytes: int = Field(16_777_216, ge=1024, description="Largest request body.")
    max_media_bytes: int = Field(268_435_456, ge=1024, description="Largest upload.")
    media_quota_bytes: int = Field(10_737_418_240, ge=1024, description="Room for all uploads of a workspace (bytes).")
    upload_s: float = Field(300, gt=0, description="An upload that takes longer is answered 503 (seconds).")
    keep_finished_d: int = Field(30, ge=1, description="Finished tasks and their events go into the archive after (days).")
    keep_proofs_d: int = Field(
        365, ge=1, description="Screenshots are removed after (days): a year's actions can be shown, and no more."
    )
    proofs_quota_bytes: int = Field(
        5_368_709_120,
        ge=1024,
        description="Room for all screenshots of a workspace (bytes), some 25,000 of 200 kB; the oldest are removed first.",
    )
    keep_evidence_d: int = Field(
        90, ge=1, description="Evidence of changed pages, and records of drift, are removed after (days)."
    )
    keep_interactions_d: int = Field(
        180,
        ge=1,
        description="What others wrote is removed after (days); conversations show the last 90.",
    )
    idempotency_keep_h: int = Field(24, ge=1, description="How long an Idempotency-Key is remembered (hours).")
    request_s: float = Field(30, gt=0, description="A request that takes longer is answered 503 (seconds).")

    public_url: str = Field(
        "",
        pattern=r"^(https?://[A-Za-z0-9.:\[\]-]+)?$",
        description="Where browsers reach the gateway: platforms send people back there, and https makes cookies Secure.",
    )
    trusted_proxies: str = Field(
        "", description="Proxies whose `X-Forwarded-For` and `-Proto` are trusted, loopback too: `127.0.0.1,10.1.0.0/16`."
    )
    access_token_s: int = Field(600, ge=30, le=3600, description="How long an access token is valid (seconds).")
    session_idle_d: float = Field(14, gt=0, description="A sign-in that is not used this long ends (days).")
    session_d: float = Field(30, gt=0, description="A sign-in ends after this long at the latest (days).")
    sign_in_tries: int = Field(
        10, ge=1, description="Sign-in tries in a minute, for each e-mail address and each IP address."
    )
    oauth_clients: str = Field("", repr=False, description="Your own apps at platforms, as `tiktok=ID:SECRET,x=ID:SECRET`.")

    egress_allowed: str = Field(
        "", description="Networks of your own that webhooks and notifications may reach: `127.0.0.0/8,10.1.0.0/16`."
    )
    webhook_give_up_h: float = Field(72, gt=0, description="A delivery is tried this long, then it is dead (hours).")
    lane_unserved_s: float = Field(60, gt=0, description="A lane that waits this long for a worker is reported (seconds).")

    log_format: Literal["json", "console"] = Field("json", description="Logs as JSON lines or for reading.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Lowest level that is logged.")

    def database_url_for(self, role: Role) -> str:
        """Return the PostgreSQL address for one role, as `postgresql+psycopg://…`.

        A role without an address of its own uses `database_url` with the role's name and `password_of` it, which
        `callsheet migrate` also sets.

        Raises:
            NotConfigured: no address is set.
        """
        own = "" if role == "owner" else getattr(self, f"{role}_database_url")
        if own:
            return _with_driver(own)
        if not self.database_url:
            raise NotConfigured(setting="CALLSHEET_DATABASE_URL", message="No PostgreSQL address is set.")
        if role == "owner":
            return _with_driver(self.database_url)
        parts = urlsplit(self.database_url)
        password = quote(self.password_of(role), safe="")
        address = parts.netloc.rpartition("@")[2]
        return _with_driver(urlunsplit(parts._replace(netloc=f"{ROLE_NAMES[role]}:{password}@{address}")))

    def password_of(self, role: Role) -> str:
        """Return the password of a role that has no address of its own.

        It takes the oldest key and the owner's password: workers have the keys, and could sign in as the gateway otherwise.

        Raises:
            NotConfigured: there are no keys.
        """
        owner = urlsplit(self.database_url).password or ""
        return self.keyring().derive(f"postgresql:{ROLE_NAMES[role]}:{owner}" if owner else f"postgresql:{ROLE_NAMES[role]}")

    def broker_url(self) -> str:
        """Return Redis' address.

        Raises:
            NotConfigured: no address is set.
        """
        if not self.redis_url:
            raise NotConfigured(setting="CALLSHEET_REDIS_URL", message="No Redis address is set.")
        return self.redis_url

    def keyring(self) -> Keyring:
        """Return the encryption keys, from `CALLSHEET_KEYS` or the file `keys` in the home.

        Raises:
            NotConfigured: neither exists.
        """
        return load_keyring(self.keys, self.home / "keys")

    def oauth_client(self, platform: str) -> tuple[str, str]:
        """Return the id and secret of our app at a platform.

        Raises:
            NotConfigured: there is none.
        """
        for entry in self.oauth_clients.split(","):
            name, _, app = entry.strip().partition("=")
            app_id, _, secret = app.partition(":")
            if name == platform and app_id:
                return app_id, secret
        message = f"No app of yours is known at {platform}: register one there and add {platform}=ID:SECRET."
        raise NotConfigured(setting="CALLSHEET_OAUTH_CLIENTS", message=message)

    @property
    def oauth_redirect(self) -> str:
        """Return the address to which platforms send people back; it is registered with each app."""
        return f"{self.public_url or f'http://127.0.0.1:{self.port}'}/oauth/back"

    def egress_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Return the networks of our own that outgoing calls may reach all the same.

        Raises:
            NotConfigured: one of them is no network.
        """
        try:
            return tuple(ip_network(entry.strip()) for entry in self.egress_allowed.split(",") if entry.strip())
        except ValueError as error:
            raise NotConfigured(setting="CALLSHEET_EGRESS_ALLOWED", message=str(error)) from error

    def secrets_for(self, process: ProcessKind) -> dict[str, str]:
        """Return the secret settings of one of our processes: its own role's address, and no other's; "" where unset."""
        return {name: self._secret(name, made=process != "foundation") for name in _TOLD.get(process, ())}

    def _secret(self, name: str, *, made: bool) -> str:
        """Return one of them; a role's address is `made` from the owner's where it has none of its own."""
        own = str(getattr(self, name))
        return self.database_url_for(_ROLE_OF[name]) if made and name in _ROLE_OF and self.database_url and not own else own

    def environment_for(self, process: ProcessKind) -> dict[str, str]:
        """Return the environment of a process of ours: this one's, with every setting that it may know written out."""
        values = {
            name: str(value) for name, value in self.model_dump(mode="json", exclude={*SECRETS, "secrets_file"}).items()
        }
        values |= self.secrets_for(process)
        names = {f"CALLSHEET_{name.upper()}" for name in type(self).model_fields}
        inherited = {name: value for name, value in os.environ.items() if name not in names}
        return inherited | {f"CALLSHEET_{name.upper()}": value for name, value in values.items()}

    @property
    def drives_safari(self) -> bool:
        """Return whether this machine serves a Safari lane."""
        return self.safari == "on" or (self.safari == "auto" and sys.platform == "darwin")

    @property
    def machine(self) -> str:
        """Return this machine's own name, by which processes on it are recorded."""
        return socket.gethostname()


def load_settings() -> Settings:
    """Return settings from the environment and the file of secrets, with the home as an absolute path.

    Raises:
        NotConfigured: a setting is invalid; the file cannot be read, or holds something else.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        wrong = {
            f"CALLSHEET_{str(fault['loc'][0]).upper()}": message_of(fault).rstrip(".")
            for fault in error.errors()
            if fault["loc"]
        }
        message = " ".join(f"{name}: {said}." for name, said in wrong.items()) or "The settings do not fit together."
        # Without its cause, which quotes the value: it may be a secret.
        raise NotConfigured(setting=", ".join(wrong), message=message) from None
    kept = _read_secrets(Path(settings.secrets_file)) if settings.secrets_file else {}
    kept = {name: value for name, value in kept.items() if name not in settings.model_fields_set}
    return settings.model_copy(update={**kept, "home": settings.home.expanduser().absolute()})


def _read_secrets(path: Path) -> dict[str, str]:
    try:
        kept = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise NotConfigured(setting="CALLSHEET_SECRETS_FILE", message=f"{path} cannot be read: {error}.") from error
    if not isinstance(kept, dict) or kept.keys() - SECRETS or not all(isinstance(value, str) for value in kept.values()):
        message = f"{path} may hold these alone, as text: {', '.join(sorted(SECRETS))}."
        raise NotConfigured(setting="CALLSHEET_SECRETS_FILE", message=message)
    return kept


def add_to_environment(**more: str) -> None:
    """Put these into this process's own environment, for what it does from now on."""
    os.environ.update(more)


def replace_environment(values: Mapping[str, str]) -> dict[str, str]:
    """Have this process go on with this environment alone, as if it had been started with it; return the one before."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(values)
    return before


def forget_secrets() -> None:
    """Remove secrets from this process's environment: it has read them, and its children would inherit them."""
    for name in SECRETS:
        os.environ.pop(f"CALLSHEET_{name.upper()}", None)


def handed_socket() -> int | None:
    """Return the descriptor on which whoever started this process listens for it, if so (sd_listen_fds(3))."""
    told = os.environ.pop("LISTEN_PID", ""), os.environ.pop("LISTEN_FDS", "")
    return 3 if told == (str(os.getpid()), "1") else None


def program_environment() -> dict[str, str]:
    """Return the environment of a program that is not our own process: a browser, a tool of the system."""
    return {name: value for name, value in os.environ.items() if name in _PASSED or name.startswith(_PASSED_PREFIXES)}


def _with_driver(url: str) -> str:
    return "postgresql+psycopg://" + url.split("://", 1)[1]
