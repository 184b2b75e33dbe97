"""Files that the job can write and the supervisor reads. The job must not make it read or move anything else."""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from dure.runner.sandbox import User

READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Drawer:
    """One directory, held open: whatever the job puts in its place, we go on looking into this one."""

    def __init__(self, path: Path, user: User, *, jobs_own: bool) -> None:
        path.mkdir(mode=0o755)
        self.name = path.name
        self.user = user
        if jobs_own:
            give(path, user)
        self.handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)

    def put(self, name: str, data: bytes, mode: int = 0o600) -> None:
        """A file that the job may write."""
        file = os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, mode, dir_fd=self.handle)
        try:
            while data:
                data = data[os.write(file, data) :]
            if os.geteuid() == 0:
                os.fchown(file, self.user.uid, self.user.gid)
        finally:
            os.close(file)

    def read(self, name: str, bytes_max: int) -> bytes:
        """What stands in a file: as much of it as we take. Nothing when it is gone or is no file."""
        try:
            file = os.open(name, READ, dir_fd=self.handle)
        except OSError:
            return b""
        try:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                return b""
            pieces = []
            while bytes_max > 0 and (piece := os.read(file, min(bytes_max, 1 << 20))):
                pieces.append(piece)
                bytes_max -= len(piece)
            return b"".join(pieces)
        finally:
            os.close(file)

    def take_out(self, name: str, target: Path) -> bool:
        """Moves a file to where the job cannot reach it; whether there was one."""
        try:
            os.rename(name, target, src_dir_fd=self.handle)
        except OSError:
            return False
        if not stat.S_ISREG(target.lstat().st_mode):
            target.unlink()
            return False
        return True

    def put_in(self, source: Path, name: str) -> None:
        give(source, self.user)
        os.rename(source, name, dst_dir_fd=self.handle)

    def drop(self, *names: str) -> None:
        for name in names:
            try:
                os.unlink(name, dir_fd=self.handle)
            except OSError:
                continue


def give(path: Path, user: User) -> None:
    if os.geteuid() == 0:
        os.chown(path, user.uid, user.gid, follow_symlinks=False)


@contextmanager
def at_beneath(root: Path, words: Sequence[str]) -> Iterator[int]:
    """A folder that the job may have put anywhere below a directory of ours. No link is followed on the way to it."""
    with ExitStack() as closing:
        at = os.open(root, DIRECTORY)
        closing.callback(os.close, at)
        for word in words:
            if word in ("", "."):
                continue
            at = os.open(word, DIRECTORY, dir_fd=at)
            closing.callback(os.close, at)
        yield at


def read_beneath(root: Path, path: str, bytes_max: int) -> bytes | None:
    """The same for a file."""
    *above, name = [word for word in path.split("/") if word not in ("", ".")] or [""]
    try:
        with at_beneath(root, above) as at:
            file = os.open(name, READ, dir_fd=at)
    except OSError:
        return None
    with open(file, "rb") as opened:
        return opened.read(bytes_max) if stat.S_ISREG(os.fstat(file).st_mode) else None
