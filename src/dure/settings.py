"""Every setting of the house: its type, its default and one sentence. Read once, passed in.

A setting is read from the environment (`DURE_LISTEN`), else from the file `dure.toml` in the data directory, else
it has the default that stands here. The reference in docs/reference/settings.md is made from this file.
"""

import hashlib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from dure.kit import Refused, say

FILE = "dure.toml"
PREFIX = "DURE_"
WORKSHOPS = Path("/var/lib/dure-workshop")
SECRET_MIN = 16
PORTS = re.compile(r"([0-9]{4,5})-([0-9]{4,5})")


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings, by name. What stands in `Meta` is the sentence shown in the reference."""

    data: Annotated[Path, Meta(description="The directory that holds everything Dure keeps.")] = Path("data")
    listen: Annotated[str, Meta(description="The address and port on which pages and API answer.")] = "127.0.0.1:8400"
    public_url: Annotated[
        str, Meta(description="The address by which people reach Dure; empty means http:// and `listen`.")
    ] = ""
    database: Annotated[
        str,
        Meta(description="A PostgreSQL address (postgresql://user@host/name); empty means SQLite in `data`."),
    ] = ""
    storage: Annotated[
        str, Meta(description="Where big files go: an S3 address (s3://bucket/prefix); empty means a folder in `data`.")
    ] = ""
    s3_endpoint: Annotated[str, Meta(description="The address of an S3 service that is not Amazon's.")] = ""
    s3_region: Annotated[str, Meta(description="The region of the S3 bucket.")] = ""
    master_key_file: Annotated[
        Path | None, Meta(description="The file with the key to all secrets; empty means `master.key` in `data`.")
    ] = None
    master_key_identity: Annotated[
        Path | None, Meta(description="The age identity file that unwraps the master key, if it is age-wrapped.")
    ] = None
    master_key_passphrase: Annotated[
        str, Meta(description="The passphrase that unwraps the master key, if it is age-wrapped by one.")
    ] = ""
    blob_bytes_max: Annotated[int, Meta(ge=1024, description="The largest file that storage takes, in bytes.")] = (
        10 * 1024**3
    )
    workshop: Annotated[
        Path | None,
        Meta(
            description="The directory in which jobs and services run; empty means `workshop` in `data`, or one under "
            "/var/lib/dure-workshop where the house is root and they run as somebody else."
        ),
    ] = None
    traffic_listen: Annotated[
        str, Meta(description="The address and port on which the services that Dure runs answer.")
    ] = "127.0.0.1:8480"
    service_ports: Annotated[
        str, Meta(description="The ports given to services, from the first to the last: 20000-29999.")
    ] = "20000-29999"
    job_timeout_minutes: Annotated[
        int, Meta(ge=1, le=43_200, description="Minutes after which a job that says nothing of its own is ended.")
    ] = 360
    log_bytes_max: Annotated[int, Meta(ge=10_000, description="The longest log that a job may write, in bytes.")] = (
        200_000_000
    )
    log_days: Annotated[int, Meta(ge=1, le=36_500, description="Days after which the log of a job is removed.")] = 400
    artifact_days: Annotated[
        int,
        Meta(ge=1, le=36_500, description="Days that artifacts are kept; a job may ask for fewer by `retention-days`."),
    ] = 90
    cache_bytes_max: Annotated[
        int, Meta(ge=1024, description="The caches of one project together, in bytes; the longest unused goes first.")
    ] = 10 * 1024**3
    cache_days: Annotated[int, Meta(ge=1, le=3650, description="Days after which a cache that no job used goes.")] = 14
    local_runner: Annotated[bool, Meta(description="Whether the house starts a runner on its own machine.")] = True
    autoscale_url: Annotated[
        str,
        Meta(
            description="An address that is asked for runners when jobs wait and none is free; empty: nobody is asked."
        ),
    ] = ""
    autoscale_secret: Annotated[
        str, Meta(description="The secret by which that address knows that it is this house that asks.")
    ] = ""
    autoscale_seconds: Annotated[
        int, Meta(ge=1, le=3600, description="Seconds that a job waits before more runners are asked for.")
    ] = 30
    autoscale_labels: Annotated[
        tuple[str, ...],
        Meta(description="For jobs that want other labels than these nobody is asked; empty: any labels."),
    ] = ()
    telemetry: Annotated[bool, Meta(description="Whether the house keeps metrics and logs of services.")] = True
    actions_upstream: Annotated[
        str,
        Meta(description="Where actions come from that are neither projects nor mirrors here; empty means nowhere."),
    ] = "https://github.com"
    actions_owners: Annotated[
        tuple[str, ...], Meta(description="Owners whose projects every job may use as actions.")
    ] = ("actions",)
    actions_only_pinned: Annotated[
        bool, Meta(description="Whether actions of others are taken only by the whole sha of a commit.")
    ] = False
    session_days: Annotated[int, Meta(ge=1, le=365, description="Days after which an unused sign-in ends.")] = 30
    trusted_proxies: Annotated[
        tuple[str, ...],
        Meta(description="Addresses of reverse proxies whose X-Forwarded-For and -Proto are believed."),
    ] = ()
    body_bytes_max: Annotated[
        int, Meta(ge=1024, description="The largest body of a request to a page or the API, in bytes.")
    ] = 2_000_000

    @property
    def host(self) -> str:
        return self.listen.rpartition(":")[0].strip("[]") or "127.0.0.1"

    @property
    def port(self) -> int:
        return int(self.listen.rpartition(":")[2])

    @property
    def url(self) -> str:
        """The address by which people reach Dure."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")

    @property
    def workshop_dir(self) -> Path:
        """Where jobs and services run. Whoever they run as has to reach it, and root's own data stays closed."""
        if self.workshop is not None:
            return self.workshop.resolve()
        data = self.data.resolve()
        if os.geteuid() == 0:
            return WORKSHOPS / hashlib.sha256(bytes(data)).hexdigest()[:12]
        return data / "workshop"

    @property
    def port_range(self) -> tuple[int, int]:
        first, _, last = self.service_ports.partition("-")
        return int(first), int(last)

    @property
    def traffic_address(self) -> tuple[str, int]:
        host, _, port = self.traffic_listen.rpartition(":")
        return host.strip("[]") or "127.0.0.1", int(port)

    @property
    def database_url(self) -> str:
        if not self.database:
            return f"sqlite:///{self.data.resolve() / 'dure.db'}"
        _, found, rest = self.database.partition("://")
        return f"postgresql+psycopg://{rest}" if found else self.database


def read_settings(environment: Mapping[str, str], **given: object) -> Settings:
    """Settings from words given on the command line, over the environment, over the file."""
    found: dict[str, object] = {
        name: environment[PREFIX + name.upper()]
        for name in Settings.__struct_fields__
        if PREFIX + name.upper() in environment
    }
    found |= {name: value for name, value in given.items() if value is not None}
    file = Path(str(found.get("data", "data"))) / FILE
    whole = read_file(file) | found
    tuples = {name for name, kind in kinds().items() if get_origin(kind) is tuple}
    whole |= {
        name: [word.strip() for word in value.split(",") if word.strip()]
        for name, value in whole.items()
        if name in tuples and isinstance(value, str)
    }
    try:
        return check(msgspec.convert(whole, Settings, strict=False, dec_hook=as_path))
    except msgspec.ValidationError as error:
        raise Refused(say("A setting cannot be used: {problem}.", problem=str(error))) from error


def as_path(kind: type, value: object) -> object:
    """Paths come as words, from the environment and from the file."""
    return Path(value) if kind is Path and isinstance(value, str) else value


def check(settings: Settings) -> Settings:
    if not settings.listen.rpartition(":")[2].isdecimal() or settings.port > 65535:
        raise Refused(
            say(
                "The setting `listen` is {value!r}; it takes an address and a port: 127.0.0.1:8400.",
                value=settings.listen,
            )
        )
    if not settings.traffic_listen.rpartition(":")[2].isdecimal() or settings.traffic_address[1] > 65535:
        raise Refused(
            say(
                "The setting `traffic_listen` is {value!r}; it takes an address and a port: 127.0.0.1:8480.",
                value=settings.traffic_listen,
            )
        )
    ports = PORTS.fullmatch(settings.service_ports)
    if ports is None or not 1024 <= int(ports[1]) < int(ports[2]) <= 65535:
        raise Refused(
            say(
                "The setting `service_ports` is {value!r}; it takes two ports from 1024 to 65535: 20000-29999.",
                value=settings.service_ports,
            )
        )
    if settings.autoscale_url and not (
        settings.autoscale_url.startswith(("http://", "https://")) and len(settings.autoscale_secret) >= SECRET_MIN
    ):
        raise Refused(
            say(
                "The setting `autoscale_url` takes an address that begins with http:// or https://, and needs an "
                "`autoscale_secret` of at least {count} characters.",
                count=SECRET_MIN,
            )
        )
    if settings.database and not settings.database.startswith(
        ("postgresql://", "postgres://", "postgresql+psycopg://")
    ):
        raise Refused(say("The setting `database` takes an address that begins with postgresql://."))
    return settings


def read_file(file: Path) -> dict[str, object]:
    if not file.exists():
        return {}
    try:
        return tomllib.loads(file.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refused(say("{file} is not a TOML file: {problem}.", file=file, problem=str(error))) from error


def kinds() -> dict[str, Any]:
    """The type of each setting without its sentence."""
    hints = get_type_hints(Settings, include_extras=True)
    return {name: get_args(hints[name])[0] for name in Settings.__struct_fields__}


def sentences() -> dict[str, str]:
    """The sentence of each setting."""
    hints = get_type_hints(Settings, include_extras=True)
    return {name: get_args(hints[name])[1].description for name in Settings.__struct_fields__}
