"""A sandbox by the kernel's namespaces alone, for machines without bubblewrap."""

import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from dure.runner.sandbox import kernel
from dure.runner.sandbox.bubblewrap import make_place
from dure.runner.sandbox.view import ROOM, Showing, User, View

ROOT = "/tmp"  # noqa: S108 - becomes the root of the sandbox, in a mount namespace of our own
SPACES = kernel.NEWUSER | kernel.NEWNS | kernel.NEWPID | kernel.NEWIPC | kernel.NEWUTS
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
HIDDEN = kernel.MS_NOSUID | kernel.MS_NODEV


def enter(view: View, argv: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    """Turns this process into the keeper of a sandbox that runs this program, and ends as it ends."""
    own_space(view.user)
    showings = [(showing, os.open(showing.source, os.O_PATH)) for showing in view.showings()]
    if os.getuid() != view.user.uid:
        os.setresgid(view.user.gid, view.user.gid, view.user.gid)
        os.setresuid(view.user.uid, view.user.uid, view.user.uid)
    # The next child is the first process of the new process namespace, and all others end with it.
    child = os.fork()
    if child == 0:
        furnish(view, showings)
        os.execve(argv[0], list(argv), dict(environment))  # noqa: S606
    for handle in range(4):
        os.close(handle)
    kernel.control(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def own_space(user: User) -> None:
    """New namespaces, in which the job's user is the only one there is."""
    if os.geteuid() == 0:
        os.setgroups([])
    me = os.getpid()
    ready, unshared = os.pipe()
    clerk = os.fork()
    if clerk == 0:
        # Who stays outside may say who is who inside.
        code = 1
        with suppress(OSError):
            os.close(unshared)
            os.read(ready, 1)
            if os.geteuid() != 0:
                Path(f"/proc/{me}/setgroups").write_text("deny", "ascii")
            Path(f"/proc/{me}/uid_map").write_text(f"{user.uid} {user.uid} 1", "ascii")
            Path(f"/proc/{me}/gid_map").write_text(f"{user.gid} {user.gid} 1", "ascii")
            code = 0
        os._exit(code)
    kernel.unshare(SPACES)
    os.close(ready)
    os.close(unshared)
    if os.waitpid(clerk, 0)[1] != 0:
        raise PermissionError("this machine does not let its users have namespaces of their own")


def furnish(view: View, showings: Sequence[tuple[Showing, int]]) -> None:
    """Builds the root that the job sees, moves there, and gives up every right."""
    kernel.control(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    kernel.mount("tmpfs", ROOT, "tmpfs", HIDDEN, "mode=755")
    for said, place in view.links():
        os.symlink(said, ROOT + place)
    for name in ("before", "proc", "run", "var"):
        os.mkdir(f"{ROOT}/{name}")
    os.symlink("/tmp", f"{ROOT}/var/tmp")  # noqa: S108 - the job's own
    devices(f"{ROOT}/dev")
    kernel.mount("proc", f"{ROOT}/proc", "proc", HIDDEN | kernel.MS_NOEXEC)
    for showing, handle in showings:
        show(showing, handle)
    kernel.libc.sethostname(b"job", 3)
    os.chdir(ROOT)
    kernel.change_root(ROOT, f"{ROOT}/before")
    os.chdir("/")
    kernel.unmount("/before")
    os.rmdir("/before")
    kernel.mount("tmpfs", "/run", "tmpfs", HIDDEN, "mode=755")
    # Nobody in here shall make a namespace again: that is where most holes in kernels were.
    Path("/proc/sys/user/max_user_namespaces").write_text("0", "ascii")
    close_root()
    os.chdir(ROOM)
    kernel.drop_bounding_set()
    kernel.control(kernel.PR_SET_NO_NEW_PRIVS, 1)


def show(showing: Showing, handle: int) -> None:
    place = ROOT + showing.target
    make_place(place, handle)
    kernel.mount(f"/proc/self/fd/{handle}", place, None, kernel.MS_BIND | kernel.MS_REC)
    os.close(handle)
    closed = kernel.ATTR_NOSUID | kernel.ATTR_NODEV
    kernel.set_attributes(place, closed if showing.writable else closed | kernel.ATTR_RDONLY)


def devices(place: str) -> None:
    os.mkdir(place)
    kernel.mount("tmpfs", place, "tmpfs", kernel.MS_NOSUID, "mode=755")
    for name in DEVICES:
        if os.path.exists(f"/dev/{name}"):
            os.close(os.open(f"{place}/{name}", os.O_CREAT | os.O_WRONLY, 0o644))
            kernel.mount(f"/dev/{name}", f"{place}/{name}", None, kernel.MS_BIND)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        os.symlink(f"/proc/self/fd/{number}", f"{place}/{name}")
    os.symlink("/proc/self/fd", f"{place}/fd")
    for name in ("pts", "shm"):
        os.mkdir(f"{place}/{name}")
    kernel.mount("devpts", f"{place}/pts", "devpts", HIDDEN, "newinstance,ptmxmode=0666,mode=620")
    os.symlink("pts/ptmx", f"{place}/ptmx")
    kernel.mount("tmpfs", f"{place}/shm", "tmpfs", HIDDEN, "mode=1777")


def close_root() -> None:
    """The root itself becomes read-only, what is mounted below it stays as it is."""
    kernel.mount("none", "/", None, kernel.MS_BIND | 32 | 1 | HIDDEN)
