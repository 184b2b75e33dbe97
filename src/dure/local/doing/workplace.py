"""Where jobs are done on this machine: a directory for this run, a sandbox that is known to work, a process per job."""

import logging
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

import msgspec
from msgspec import Struct

from dure.local.ground import cache_directory
from dure.runner import Errand, JobPlace, User, View, adopt, choose, lay_scripts, own_python, remove, supervise
from dure.wire import JobOrder, Tier

RUNNER_NAME = "local"
BOOT = Path("/proc/sys/kernel/random/boot_id")


class Tried(Struct, kw_only=True):
    """Which sandbox works here. Trying costs more than a small job, so the answer is kept until the machine starts
    again or something that matters is another."""

    under: list[str]
    tier: Tier
    python: Path


@dataclass(frozen=True)
class Workplace:
    path: Path
    view: View
    tier: Tier

    @property
    def actions(self) -> Path:
        """Actions that jobs have used, each under its digest, from one run to the next."""
        return self.view.actions or self.path / "actions"

    def job(self, number: int) -> JobPlace:
        return JobPlace(self.path / str(number))


def make_workplace(isolation: str, user_number: int, shown: tuple[Path, ...]) -> Workplace:
    """Whoever jobs run as must be able to walk to it, so it does not lie in root's own home."""
    is_root = os.geteuid() == 0
    user = User(user_number, user_number) if is_root else User(os.geteuid(), os.getegid())
    kept = cache_directory()
    kept.mkdir(parents=True, exist_ok=True)
    path = Path(tempfile.mkdtemp(prefix="dure-run-", dir=None if is_root else kept))
    path.chmod(0o711)
    inside = lay_scripts(path)
    # Where root's home is closed to the job's user, what is fetched is seen through the sandbox nevertheless.
    fetched = [kept / "actions", kept / "programs"]
    for place in fetched:
        place.mkdir(mode=0o711, exist_ok=True)
    view = View(path / "trial", inside, own_python(), user, shown, *fetched)
    tier, python = tried(isolation, view, kept / f"sandbox-{user.uid}.json")
    return Workplace(path, replace(view, python=python), tier)


def tried(isolation: str, view: View, known: Path) -> tuple[Tier, Path]:
    under = [isolation, platform.release(), str(view.python), os.environ.get("PATH", "")]
    with suppress(OSError):
        under.append(BOOT.read_text("ascii").strip())
    with suppress(OSError, msgspec.MsgspecError):
        answer = msgspec.json.decode(known.read_bytes(), type=Tried, dec_hook=lambda kind, value: kind(value))
        if answer.under == under and answer.python.exists():
            return answer.tier, answer.python
    for place in (view.room, view.room / "tmp"):
        place.mkdir(mode=0o711)
        if os.geteuid() == 0:
            os.chown(place, view.user.uid, view.user.gid)
    tier, found = choose(isolation, view)
    known.write_bytes(msgspec.json.encode(Tried(under=under, tier=tier, python=found.python), enc_hook=str))
    return tier, found.python


def begin(workplace: Workplace, order: JobOrder, furnish: Callable[[Path], None] | None) -> tuple[JobPlace, int]:
    """A process that does the job; its number. `furnish` fills the workspace that the job finds."""
    place = workplace.job(order.job_id)
    place.make()
    sys.stdout.flush()
    sys.stderr.flush()
    process = os.fork()
    if process == 0:
        do(Errand(order, place, workplace.view, workplace.tier, RUNNER_NAME), furnish)
    return place, process


def do(errand: Errand, furnish: Callable[[Path], None] | None) -> NoReturn:
    """In the child: a session of its own, so that a Ctrl-C on the terminal reaches nobody but us."""
    code = 1
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        adopt()
        if furnish is not None:
            furnish(errand.place.path / "found")
        supervise(errand)
        for name in ("room", "shelf"):
            remove(errand.place.path / name)
        code = 0
    except BaseException:
        logging.getLogger(__name__).exception("a supervisor failed")
    finally:
        os._exit(code)
