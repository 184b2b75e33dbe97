"""A sandbox by bubblewrap, which never runs as root here: the runner first becomes the job's user."""

import os
import shutil
from collections.abc import Mapping, Sequence
from typing import NoReturn

from dure.runner.sandbox import kernel
from dure.runner.sandbox.view import ROOM, Showing, View

STAGE = "/tmp"  # noqa: S108 - covered by an empty file system in a mount namespace of our own


def found() -> str | None:
    return shutil.which("bwrap")


def arguments(program: str, view: View, showings: Sequence[Showing]) -> list[str]:
    argv = [
        *(program, "--unshare-user", "--unshare-all", "--share-net", "--disable-userns"),
        *("--die-with-parent", "--new-session", "--as-pid-1", "--hostname", "job"),
        *("--uid", str(view.user.uid), "--gid", str(view.user.gid)),
    ]
    for said, place in view.links():
        argv += ["--symlink", said, place]
    argv += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/run", "--dir", "/var"]
    argv += ["--symlink", "/tmp", "/var/tmp"]  # noqa: S108 - the job's own, seen from inside
    for showing in showings:
        argv += ["--bind" if showing.writable else "--ro-bind", showing.source, showing.target]
    return [*argv, "--remount-ro", "/", "--chdir", ROOM]


def enter(program: str, view: View, argv: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    """Turns this process into the sandbox. It is a child that the supervisor has made for this."""
    showings = list(view.showings())
    if os.geteuid() == 0:
        showings = staged(showings)
        os.setgroups([])
        os.setresgid(view.user.gid, view.user.gid, view.user.gid)
        os.setresuid(view.user.uid, view.user.uid, view.user.uid)
    os.execve(program, [*arguments(program, view, showings), *argv], dict(environment))  # noqa: S606


def staged(showings: Sequence[Showing]) -> list[Showing]:
    """The same things where the job's user can reach them: it may not walk through root's directories.

    They are mounted on an empty file system that only this process and what comes of it can see.
    """
    kernel.unshare(kernel.NEWNS)
    kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    opened = [os.open(showing.source, os.O_PATH) for showing in showings]
    kernel.mount("tmpfs", STAGE, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "mode=755")
    moved = []
    for number, (showing, handle) in enumerate(zip(showings, opened, strict=True)):
        place = f"{STAGE}/{number}"
        make_place(place, handle)
        kernel.mount(f"/proc/self/fd/{handle}", place, None, kernel.MS_BIND | kernel.MS_REC)
        os.close(handle)
        moved.append(Showing(place, showing.target, showing.writable))
    return moved


def make_place(place: str, handle: int) -> None:
    """Something of the same kind to mount it on."""
    if os.path.isdir(f"/proc/self/fd/{handle}"):
        os.makedirs(place, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        os.close(os.open(place, os.O_CREAT | os.O_WRONLY, 0o644))
