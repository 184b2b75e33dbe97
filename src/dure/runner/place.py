"""Where a runner keeps what: one directory for itself, and one for each job in work.

A job's directory is how its supervisor and the runner speak to each other. It is only files, so either of them may
die and come back, and nothing that was said is lost:

    lock        held by the supervisor as long as it lives
    card        which job this is                               written by the runner
    journal     what happened, one JSON record on each line     written by the supervisor
    log         what was printed, masked                        written by the supervisor
    wish        `asked` or `force`: cancel                      written by the runner
    wants/      what the supervisor wants sent or fetched, and the answers
    shelf/      the files that this is about
    bell, ear   pipes that wake the runner, and the supervisor
    found/      what the job finds in its workspace, if anything; laid out before the supervisor begins
    held, shell that a failed job waits for a visitor, and the door for one   written by the supervisor
    room/       all that the job itself sees
"""

import errno
import fcntl
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from dure.wire import ArtifactCard, CacheCard

ROOM_PLACES = ("home", "work", "temp", "tmp", "tools")


class Card(Struct, kw_only=True):
    """Enough of an order to go on telling the house about its job."""

    job_id: int
    run_id: int
    attempt: int
    lease_seconds: float
    name: str


class Want(Struct, kw_only=True):
    """Something that only the runner can do for a supervisor, because only the runner speaks to the house."""

    what: Literal[
        "send_artifact",
        "send_test",
        "fetch_artifact",
        "list_artifacts",
        "drop_artifact",
        "fetch_action",
        "fetch_files",
        "find_cache",
        "fetch_cache",
        "send_cache",
        "id_token",
    ]
    name: str = ""
    """Of an artifact or a report; of an action, owner/repo@ref; for `fetch_files` the same, or nothing for the files
    that the run is about; of an identity token, its audience."""
    file: str = ""
    """On the shelf."""
    kind: str = ""
    """The media type of an artifact; empty: a zip."""
    days: int | None = None
    """So long shall an artifact be kept."""
    digest: str = ""
    """What is sent has to have this digest."""
    keys: list[str] = []
    """Of a cache: the one that is meant, then beginnings of others that will do; of one that is sent, the only one."""
    version: str = ""
    """Of a cache."""
    number: int = 0
    """Of a cache that was found."""
    is_mine: bool = False
    """Only a cache of exactly this key that this job would write itself, if it were not there."""


class Answer(Struct, kw_only=True):
    refusal: str = ""
    status: int = 0
    """What kind of no it is, in the numbers of HTTP."""
    artifacts: list[ArtifactCard] = []
    cache: CacheCard | None = None
    number: int = 0
    """Of an artifact or a cache that was sent."""
    is_fresh: bool = True
    """Whether a cache that was sent was taken; there may be one of its key."""
    token: str = ""
    kind: str = ""
    """The media type of an artifact that was fetched."""
    names: list[str] = []
    digest: str = ""
    """Of what was sent; of an action that was fetched: it lies under this name in `Workshop.actions`."""
    sha: str = ""
    """The commit of an action; empty where that is not known."""


@dataclass(frozen=True)
class JobPlace:
    path: Path

    def make(self) -> None:
        """The directories around it are passable but not readable: without a sandbox, the job's user walks through."""
        self.path.mkdir(mode=0o711)
        for name in ("wants", "shelf"):
            (self.path / name).mkdir(mode=0o700)
        for name in ("bell", "ear"):
            os.mkfifo(self.path / name, 0o600)

    @property
    def card(self) -> Card | None:
        try:
            return msgspec.json.decode((self.path / "card").read_bytes(), type=Card)
        except (OSError, msgspec.MsgspecError):
            return None

    def put_card(self, card: Card) -> None:
        self.put("card", msgspec.json.encode(card))

    def put(self, name: str, data: bytes) -> None:
        """All of it or nothing."""
        fresh = self.path / f"{name}.new"
        fresh.write_bytes(data)
        fresh.replace(self.path / name)

    def wishes(self, word: str) -> None:
        self.put("wish", word.encode())
        self.ring("ear")

    @property
    def wish(self) -> str:
        try:
            return (self.path / "wish").read_text("ascii")
        except OSError:
            return "no"

    def ring(self, bell: str) -> None:
        """Wakes whoever listens, if somebody does."""
        with suppress(OSError):
            handle = os.open(self.path / bell, os.O_WRONLY | os.O_NONBLOCK)
            try:
                os.write(handle, b"!")
            finally:
                os.close(handle)

    def listen(self, bell: str) -> int:
        """A handle that can be read once somebody rings. Held for writing too, so that it never comes to an end."""
        return os.open(self.path / bell, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)

    @property
    def is_attended(self) -> bool:
        """Whether the supervisor lives."""
        return is_held(self.path / "lock")

    def end_supervisor(self) -> None:
        """If it still lives. Its sandbox ends with it."""
        with suppress(OSError, ValueError):
            if self.is_attended:
                os.kill(int((self.path / "lock").read_text("ascii")), signal.SIGKILL)

    def clear_away(self, trash: Path) -> None:
        """Out of the way at once, and then gone, however much it is."""
        trash.mkdir(mode=0o700, exist_ok=True)
        gone = trash / self.path.name
        shutil.rmtree(gone, ignore_errors=True)
        with suppress(OSError):
            self.path.rename(gone)
        remove(gone)


@dataclass(frozen=True)
class Workshop:
    """The runner's directory."""

    path: Path

    def make(self) -> None:
        self.path.mkdir(mode=0o711, parents=True, exist_ok=True)
        self.jobs.mkdir(mode=0o711, exist_ok=True)
        for place in (self.actions, self.programs):
            # Who knows the digest of an action may read it; nobody can look which there are.
            place.mkdir(mode=0o711, exist_ok=True)

    @property
    def programs(self) -> Path:
        """What runs actions, fetched where the machine does not have it."""
        return self.path / "programs"

    @property
    def jobs(self) -> Path:
        return self.path / "jobs"

    @property
    def ahead(self) -> Path:
        """Where rooms are made for jobs that are yet to come."""
        return self.path / "ahead"

    def sweep_ahead(self) -> None:
        """What nobody moves into any more: one whose supervisor lives may still get a job of an earlier runner."""
        for room in self.ahead.glob("*"):
            if not Path(f"/proc/{room.name.partition('-')[0]}").exists():
                shutil.rmtree(room, ignore_errors=True)

    @property
    def trash(self) -> Path:
        return self.path / "trash"

    @property
    def actions(self) -> Path:
        """Actions that jobs have used, unpacked: one folder each, called by its digest without `sha256:`."""
        return self.path / "actions"

    def job(self, job_id: int, attempt: int) -> JobPlace:
        return JobPlace(self.jobs / f"{job_id}-{attempt}")

    def left(self) -> Iterator[JobPlace]:
        """Jobs that an earlier life of this runner began."""
        for path in sorted(self.jobs.iterdir()):
            yield JobPlace(path)


def remove(tree: Path) -> None:
    """All of it, even where a job has closed its own directories."""
    shutil.rmtree(tree, ignore_errors=True)
    if not tree.exists():
        return
    for _, directories, _, handle in os.fwalk(tree, follow_symlinks=False):
        for name in directories:
            with suppress(OSError):
                # Never what a link points to: that may be anything.
                found = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=handle)
                try:
                    os.chmod(f"/proc/self/fd/{found}", 0o700)
                finally:
                    os.close(found)
    shutil.rmtree(tree, ignore_errors=True)


def is_held(lock: Path) -> bool:
    try:
        with lock.open("rb") as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


@contextmanager
def hold(lock: Path) -> Iterator[bool]:
    """Whether we hold it: only one can, until it ends in whatever way."""
    handle = os.open(lock, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        yield True
    finally:
        os.close(handle)


def is_full(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
