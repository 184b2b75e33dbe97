"""The few calls to the kernel that Python 3.11 has no words for."""

import ctypes
import os
from typing import Final

NEWNS: Final = 0x00020000
NEWUTS: Final = 0x04000000
NEWIPC: Final = 0x08000000
NEWUSER: Final = 0x10000000
NEWPID: Final = 0x20000000

MS_NOSUID: Final = 2
MS_NODEV: Final = 4
MS_NOEXEC: Final = 8
MS_BIND: Final = 4096
MS_REC: Final = 16384
MS_PRIVATE: Final = 1 << 18
MNT_DETACH: Final = 2

ATTR_RDONLY: Final = 1
ATTR_NOSUID: Final = 2
ATTR_NODEV: Final = 4

PR_SET_PDEATHSIG: Final = 1
PR_CAPBSET_DROP: Final = 24
PR_SET_CHILD_SUBREAPER: Final = 36
PR_SET_NO_NEW_PRIVS: Final = 38

AT_FDCWD: Final = -100
AT_RECURSIVE: Final = 0x8000
SYS_MOUNT_SETATTR: Final = 442
"""The same on every machine, because it is young."""
CAPABILITIES: Final = 64

libc = ctypes.CDLL(None, use_errno=True)


def checked(answer: int, what: str) -> None:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    checked(libc.unshare(flags), "new namespaces")


def mount(source: str, target: str, kind: str | None = None, flags: int = 0, options: str = "") -> None:
    words = (source.encode(), target.encode(), kind.encode() if kind else None)
    checked(libc.mount(*words, ctypes.c_ulong(flags), options.encode() or None), f"mounting {source} on {target}")


def set_attributes(target: str, attributes: int) -> None:
    """Takes rights from a mount and all that are mounted below it."""
    wanted = (ctypes.c_uint64 * 4)(attributes, 0, 0, 0)
    answer = libc.syscall(
        SYS_MOUNT_SETATTR, AT_FDCWD, target.encode(), AT_RECURSIVE, ctypes.byref(wanted), ctypes.c_size_t(32)
    )
    checked(answer, f"closing {target}")


def change_root(root: str, before: str) -> None:
    checked(libc.pivot_root(root.encode(), before.encode()), "changing the root")


def unmount(target: str) -> None:
    checked(libc.umount2(target.encode(), MNT_DETACH), f"unmounting {target}")


def control(option: int, value: int) -> None:
    checked(libc.prctl(option, value, 0, 0, 0), f"prctl {option}")


def adopt() -> None:
    """Whoever loses its parent below this process becomes its child, so that it can be found."""
    control(PR_SET_CHILD_SUBREAPER, 1)


def drop_bounding_set() -> None:
    """Gives up every right for good. The kernel has fewer than we ask for, and says so."""
    for number in range(CAPABILITIES):
        libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0)
