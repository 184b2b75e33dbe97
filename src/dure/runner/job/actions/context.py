"""What podman builds an image from: a copy of an action's folder, which nobody but the runner has made or can change.

Podman works beside the job, not inside of it, and sees more of the machine than the job does. So it is never shown a
folder that the job can put links into, before podman looks or while it does.
"""

import os
import stat
from pathlib import Path

from dure.kit import say
from dure.runner.job.desk import READ, StepFailed, at_beneath

FILES_MAX = 100_000
BYTES_MAX = 4 << 30
READABLE, RUNNABLE = 0o644, 0o755
HELD = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Context:
    """One copy. Links are copied as links, and podman itself resolves them below it; what is no file is left out."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.files = self.bytes = 0

    def copy(self, root: Path, path: str) -> None:
        """From a folder below `root`, on the way to which no link is followed."""
        with at_beneath(root, path.split("/")) as source:
            self.target.mkdir(mode=RUNNABLE)
            target = os.open(self.target, HELD)
            try:
                self.folder(source, target)
            finally:
                os.close(target)

    def folder(self, source: int, target: int) -> None:
        for name in os.listdir(source):
            self.files += 1
            if self.files > FILES_MAX:
                raise too_much()
            kind = os.stat(name, dir_fd=source, follow_symlinks=False).st_mode
            if stat.S_ISLNK(kind):
                os.symlink(os.readlink(name, dir_fd=source), name, dir_fd=target)
            elif stat.S_ISDIR(kind):
                self.below(name, source, target)
            elif stat.S_ISREG(kind):
                self.file(name, source, target)

    def below(self, name: str, source: int, target: int) -> None:
        inner = os.open(name, HELD, dir_fd=source)
        try:
            os.mkdir(name, RUNNABLE, dir_fd=target)
            into = os.open(name, HELD, dir_fd=target)
            try:
                self.folder(inner, into)
            finally:
                os.close(into)
        finally:
            os.close(inner)

    def file(self, name: str, source: int, target: int) -> None:
        """As much of it as there was when it was opened: one that grows all the time would never end."""
        with open(os.open(name, READ, dir_fd=source), "rb") as opened:
            status = os.fstat(opened.fileno())
            if not stat.S_ISREG(status.st_mode):
                return
            self.bytes += status.st_size
            if self.bytes > BYTES_MAX:
                raise too_much()
            mode = RUNNABLE if status.st_mode & 0o100 else READABLE
            made = os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, mode, dir_fd=target)
            with open(made, "wb") as sink:
                left = status.st_size
                while left > 0 and (piece := opened.read(min(left, 1 << 20))):
                    left -= len(piece)
                    sink.write(piece)

    def found(self, name: str) -> str | None:
        """A file of the copy, links resolved; None where there is none, or it leads out."""
        real = (self.target / name).resolve()
        return str(real) if real.is_relative_to(self.target.resolve()) and real.is_file() else None


def too_much() -> StepFailed:
    return StepFailed(say("The folder of the action holds too much to build an image from it."))
