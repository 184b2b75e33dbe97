"""The port behind which instances of services run: as processes, in containers, in a cluster.

The life of an instance, as every platform keeps it:

    prepare   the files of a release are laid out, once for each digest
    start     the instance is wanted; whatever happens to the house, the platform keeps it up
    look      what the platform sees of it: starting, running, failed, stopped
    ready     one question to it, as its visitors would ask
    stop      it is not wanted any more: asked politely, ended after its grace
    forget    nothing of it is left but what the ledger says

All verbs are idempotent: they say what is wanted, never what to change. None of them waits for an application.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from dure.kit import Refused, Text

State = Literal["starting", "running", "failed", "stopped"]
GRACE_SECONDS = 10.0


class Instance(msgspec.Struct, frozen=True, kw_only=True):
    """One running copy of a service that is wanted. Its key is unique in the house and names it for ever."""

    key: str
    project: int
    environment: str
    service: str
    version: str
    command: tuple[str, ...]
    directory: Path
    # What the application finds in its environment. Nothing of the house's own environment is added.
    variables: Mapping[str, str] = {}
    # Each becomes a file that only the application can read; `NAME_FILE` in its environment says where it lies.
    secrets: Mapping[str, str] = {}
    # The port is chosen by the platform and given as the variable PORT.
    wants_port: bool = True
    grace_seconds: float = GRACE_SECONDS

    def __repr__(self) -> str:
        """Variables and secrets never reach a log by accident."""
        return f"Instance({self.key!r}, service={self.service!r}, version={self.version!r})"


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What the platform sees of an instance at this moment.

    starting    its first process is not there yet, or the next try waits a moment after a crash
    running     its process is there; whether it serves is another question (`ready`)
    failed      it does not stay up, or cannot be started at all; `why` says it. The platform goes on trying
    stopped     it was asked to stop, and nothing of it runs any more
    """

    key: str
    state: State
    pid: int | None = None
    # It can change when the application is started again, if somebody took its port in between.
    port: int | None = None
    # How often the platform started it again by itself.
    restarts: int = 0
    # Of the last process that ended: negative for a signal.
    exit_code: int | None = None
    # Seconds since 1970 when the state was reached.
    since: float = 0.0
    why: Text | None = None


class Ready(msgspec.Struct, frozen=True):
    """The answer to one question to an instance."""

    well: bool
    words: Text
    status: int | None = None


class PlatformRefused(Refused):
    """What is asked cannot be done here; the sentence says why."""


class Platform(Protocol):
    """Where instances run."""

    def prepare(self, digest: str, pieces: Iterable[bytes]) -> Path:
        """Lay out a release: a tar of its files, in pieces, that has this SHA-256 digest (hexadecimal). Done once for
        each digest; the pieces are not read when it lies there already. Refused when the tar is not what it says or
        holds what no release may: ways out of its folder, devices, too much."""

    def start(self, instance: Instance) -> None:
        """Want this instance. One that is already wanted under this key stays as it is."""

    def look(self, key: str) -> Seen | None:
        """What is to be seen of one instance; nothing for one that was never started or is forgotten."""

    def all(self) -> list[Seen]:
        """What is to be seen of all instances: cheap enough to be asked each second."""

    def ready(self, key: str, path: str | None, timeout_seconds: float) -> Ready:
        """Ask the instance once: GET `path` on its port, well with any answer from 200 to 399. Without a path it is
        well when something accepts the connection; without a port, when its process runs."""

    def stop(self, key: str, grace_seconds: float | None = None) -> None:
        """Want it no more. Returns at once; it is over when `look` says stopped."""

    def forget(self, key: str) -> None:
        """Take away what is left of a stopped instance, its log too. One that still runs is refused."""

    def log_path(self, key: str) -> Path:
        """The file to which its output goes, a line each: `2026-11-21T09:44:00.123Z text`. It is renamed with `.1`
        and begun anew when it is full. It need not exist yet."""

    def tend(self) -> None:
        """Put right what broke since: what is wanted and has nobody to look after it is started again. The house
        calls this every few seconds, and once when it opens."""
