"""What a job sees of the machine, and where: the same for each way of building a sandbox."""

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOM = "/job"
"""Where the job's own directory is, seen from inside."""
INSIDE = "/.dure"
"""Where our own scripts are, seen from inside."""
ACTIONS, PROGRAMS = "/.actions", "/.programs"
"""Where what the runner has fetched for jobs is, seen from inside."""
SYSTEM = ("/usr", "/etc", "/opt", "/nix")
ESSENTIAL = ("/usr", "/etc")
LINKED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
USER = 64738
"""As whom jobs run where the runner is root: a number without a name, so that it owns nothing else."""


@dataclass(frozen=True)
class User:
    uid: int
    gid: int


@dataclass(frozen=True)
class Showing:
    """One thing of this machine that is seen inside."""

    source: str
    target: str
    writable: bool = False


@dataclass(frozen=True)
class View:
    """All that one job sees."""

    room: Path
    """The job's own directory on this machine. It has `tmp` in it."""
    inside: Path
    """Where copies of our scripts lie."""
    python: Path
    user: User
    shown: tuple[Path, ...] = ()
    """What the runner's owner shows besides, read-only."""
    actions: Path | None = None
    """Actions that jobs use, each by its digest."""
    programs: Path | None = None
    """What the runner has fetched to run them with."""

    def showings(self) -> Iterator[Showing]:
        for place in SYSTEM:
            if os.path.isdir(place) and not os.path.islink(place) and not self.would_bare(place):
                yield Showing(place, place)
        for name in LINKED:
            if os.path.isdir(f"/{name}") and not os.path.islink(f"/{name}"):
                yield Showing(f"/{name}", f"/{name}")
        # Often a link to where a local resolver keeps it, outside of what is shown.
        names = os.path.realpath("/etc/resolv.conf")
        if not names.startswith(SYSTEM) and os.path.isfile(names):
            yield Showing(names, names)
        yield Showing(str(self.inside), INSIDE)
        for kept, target in ((self.actions, ACTIONS), (self.programs, PROGRAMS)):
            if kept is not None:
                yield Showing(str(kept), target)
        yield Showing(str(self.room), ROOM, writable=True)
        yield Showing(str(self.room / "tmp"), "/tmp", writable=True)  # noqa: S108 - the job's own, seen from inside
        # Last, because they may lie below one of the others.
        for place in map(str, self.shown):
            yield Showing(place, place)
        toolbox = toolbox_of(self.python)
        if toolbox is not None and not self.would_bare(toolbox):
            yield Showing(toolbox, toolbox)

    def would_bare(self, place: str) -> bool:
        """Whether the runner's own files, and perhaps those of the house, lie below what no system needs to run."""
        return place not in ESSENTIAL and (str(self.inside).startswith(f"{place}/") or place == os.path.expanduser("~"))

    def links(self) -> Iterator[tuple[str, str]]:
        """Links in the root of the system: what they say, and where they are."""
        for name in LINKED:
            if os.path.islink(f"/{name}"):
                yield os.readlink(f"/{name}"), f"/{name}"


def toolbox_of(python: Path) -> str | None:
    """The directory that this Python lives in, where it is not the system's."""
    home = python.parent.parent
    return None if str(home).startswith(SYSTEM) or home == Path("/") else str(home)


def own_python() -> Path:
    """The Python that this program runs on, without its environment: jobs shall not see our libraries."""
    return Path(sys.base_prefix, "bin", f"python{platform.python_version_tuple()[0]}").resolve()


def pythons() -> Iterator[Path]:
    """Pythons that might do for what we run inside: our own first."""
    seen = set()
    for found in (own_python(), *map(Path, filter(None, [shutil.which("python3", path=SYSTEM_PATH)]))):
        if found.exists() and (real := found.resolve()) not in seen:
            seen.add(real)
            yield real
