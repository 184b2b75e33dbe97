"""A program under a shim: one folder in the workshop that says what is wanted and what is seen.

Nothing here is remembered in memory, so a house that was killed finds all of it again. Who comes first does the work:
two that start the same program start two shims, and the lock in the folder sends the second one home.
"""

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Literal

import msgspec

from dure.deploy.engines import shim
from dure.kit import Refused, say

SPAWN_SECONDS_MOST = 20.0
# The shim needs nothing from the house but a way to find programs.
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class ShimFailed(Refused):
    """The program that looks after others does not start here."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What the shim reads: how the program is started. It can hold secrets; only its owner can read it."""

    # Carried by every process of the program in DURE_INSTANCE, so that orphans are found.
    mark: str
    command: tuple[str, ...]
    directory: str
    environment: dict[str, str]
    user: int | None = None
    ports: tuple[int, int] | None = None
    grace_seconds: float = 10.0
    back_off_seconds: float = 0.2
    log_bytes_max: int = 10_000_000


class Told(msgspec.Struct, frozen=True):
    """What the shim wrote last."""

    protocol: int
    boot: str
    shim: int
    shim_started: int
    pid: int | None
    started: int | None
    port: int | None
    restarts: int
    exit_code: int | None
    state: Literal["starting", "running", "failed", "stopping", "stopped"]
    since: float
    why: str

    @property
    def looked_after(self) -> bool:
        """Whether the shim that wrote this still lives, and is not another process with its number."""
        return shim.started_at(self.shim) == self.shim_started and self.boot == shim.boot()

    @property
    def lives(self) -> bool:
        """Whether the program itself does."""
        return self.pid is not None and shim.started_at(self.pid) == self.started and self.boot == shim.boot()


class Watched:
    """One folder, one program."""

    def __init__(self, folder: Path, program: Path) -> None:
        self.folder = folder
        self._program = program

    @property
    def exists(self) -> bool:
        return (self.folder / "order.json").exists()

    @property
    def wanted(self) -> bool:
        return self.exists and not (self.folder / "stop").exists()

    def order(self) -> Order | None:
        try:
            return msgspec.json.decode((self.folder / "order.json").read_bytes(), type=Order)
        except FileNotFoundError:
            return None

    def told(self) -> Told | None:
        """What is seen; nothing before the first shim wrote, or if a power cut left half a file."""
        try:
            return msgspec.json.decode((self.folder / "state.json").read_bytes(), type=Told)
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def want(self, order: Order) -> None:
        """Have the program run, as ordered; the folder is there already."""
        write_whole(self.folder / "order.json", msgspec.json.encode(order))
        with contextlib.suppress(FileNotFoundError):
            (self.folder / "stop").unlink()
        self.tend()

    def stop(self, grace_seconds: float) -> None:
        """Want it no more. The wish is on disk before anybody is told, so no crash forgets it."""
        if not self.exists:
            return
        write_whole(self.folder / "stop", str(grace_seconds).encode())
        told = self.told()
        if told is not None and told.looked_after:
            tell(told)
        else:
            self.tend()

    def tend(self) -> None:
        """A wanted program without a shim gets one, and so does one that is not wanted but still lives: the new shim
        ends what the old one left behind."""
        told = self.told()
        if told is not None and told.looked_after:
            return
        if self.wanted or (self.exists and (told is None or told.state != "stopped")):
            self.spawn()

    def spawn(self) -> None:
        """Start a shim. It goes apart by itself and outlives the house."""
        try:
            ran = subprocess.run(  # noqa: S603 - our own program, no words of others
                [sys.executable, "-I", "-S", str(self._program), str(self.folder)],
                cwd="/",
                env={"PATH": PATH},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                timeout=SPAWN_SECONDS_MOST,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ShimFailed(say("No shim starts here: {why}.", why=str(error))) from error
        if ran.returncode:
            words = ran.stderr.decode(errors="replace").strip().rpartition("\n")[2]
            raise ShimFailed(say("No shim starts here: {why}.", why=words))


def tell(told: Told) -> None:
    """Have the shim look for `stop`. A process is taken by its file, so its number cannot pass to another."""
    with contextlib.suppress(ProcessLookupError):
        process = os.pidfd_open(told.shim)
        try:
            if told.looked_after:
                signal.pidfd_send_signal(process, signal.SIGTERM)
        finally:
            os.close(process)


def place_shim(folder: Path) -> Path:
    """The shim, copied under its own digest: an upgrade of the house leaves those that run alone."""
    source = Path(shim.__file__)
    digest = hashlib.sha256(source.read_bytes()).hexdigest()[:16]
    place = folder / f"shim-{digest}.py"
    if not place.exists():
        new = folder / f".{place.name}.{os.getpid()}"
        shutil.copyfile(source, new)
        new.chmod(0o644)
        new.rename(place)
    return place


def open_folder(folder: Path) -> None:
    """A folder that others may pass through and not look into, whatever mask the house runs under."""
    if not folder.exists():
        open_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        folder.chmod(0o711)


def write_whole(path: Path, data: bytes, mode: int = 0o600) -> None:
    """A file that is there whole or not at all, a power cut included."""
    new = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.rename(path)
