"""A cache of files: `cache.py keep TAR ROOM PATTERN…` makes one, `cache.py bring TAR ROOM` lays its files out again.

Patterns are those of actions/cache: from the workspace, with `~`, `*`, `**`, and `!` to leave out. Names in it begin at
the job's own directory, wherever that is today, or at the root. What is brought is laid out with no more rights than
the job has, and never through a link that the cache itself has brought: a cache may come from somebody else's job.
"""

import glob
import os
import sys
import tarfile
from functools import partial

tell = partial(print, flush=True)
NOTHING_FOUND = 66
FILES_MAX = 1_000_000
ROOM, ROOT = "room/", "root/"


def main() -> int:
    act, target, room, *patterns = sys.argv[1:]
    return keep(target, room, patterns) if act == "keep" else bring(target, room)


def keep(target: str, room: str, patterns: list[str]) -> int:
    found: set[str] = set()
    for pattern in patterns:
        paths = {os.path.normpath(path) for path in glob.glob(whole(pattern.lstrip("!")), recursive=True)}
        found = found - paths if pattern.startswith("!") else found | paths
    if not found:
        return NOTHING_FOUND
    count = 0
    with tarfile.open(target, "w:gz", compresslevel=1) as packed:
        for path in sorted(found):
            # What stands below another one that is taken comes with it.
            if not any(path.startswith(f"{other}/") for other in found):
                count += add(packed, path, room, patterns)
    tell(f"Packed {count} files, {os.path.getsize(target)} bytes.")
    return 0


def whole(pattern: str) -> str:
    return os.path.join(os.getcwd(), os.path.expanduser(pattern))


def add(packed: tarfile.TarFile, path: str, room: str, patterns: list[str]) -> int:
    unwanted = {
        os.path.normpath(found)
        for pattern in patterns
        if pattern.startswith("!")
        for found in glob.glob(whole(pattern[1:]), recursive=True)
    }
    count = 0
    waiting = [path]
    while waiting:
        here = waiting.pop()
        if here in unwanted:
            continue
        try:
            packed.inodes.clear()  # type: ignore[attr-defined]  # A second name of a file is a file of its own here.
            packed.add(here, named(here, room), recursive=False)
            count += 1
            if os.path.isdir(here) and not os.path.islink(here):
                waiting += [os.path.join(here, name) for name in sorted(os.listdir(here), reverse=True)]
        except OSError as error:
            tell(f"{here} is left out: {error.strerror}.")
    return count


def named(path: str, room: str) -> str:
    return ROOM + path[len(room) + 1 :] if path.startswith(f"{room}/") else ROOT + path.lstrip("/")


def bring(source: str, room: str) -> int:
    count = 0
    brought: set[str] = set()
    try:
        with tarfile.open(source, "r:gz") as packed:
            for entry in packed:
                count += 1
                if count > FILES_MAX:
                    tell("The cache holds too many files.")
                    return 1
                if why := lay(packed, entry, room, brought):
                    tell(why)
                    return 1
    except (tarfile.TarError, EOFError, OSError) as error:
        tell(f"The cache cannot be read: {error}")
        return 1
    tell(f"Laid out {count} files.")
    return 0


def lay(packed: tarfile.TarFile, entry: tarfile.TarInfo, room: str, brought: set[str]) -> str:
    """Why not, when it cannot be."""
    name = entry.name
    if ".." in name.split("/") or not name.startswith((ROOM, ROOT)):
        return f"The cache holds a name that leads out of its place: {name!r}"
    path = os.path.join(room if name.startswith(ROOM) else "/", name.split("/", 1)[1])
    above = os.path.dirname(path)
    if any(f"{above}/".startswith(f"{link}/") for link in brought):
        return f"The cache holds a file behind a link of its own: {name!r}"
    os.makedirs(above, exist_ok=True)
    if entry.issym():
        replace(path)
        os.symlink(entry.linkname, path)
        brought.add(path)
    elif entry.isdir():
        os.makedirs(path, exist_ok=True)
        os.chmod(path, entry.mode & 0o777 | 0o700)
    elif entry.isreg() and (data := packed.extractfile(entry)) is not None:
        replace(path)
        with open(path, "xb") as sink:
            while piece := data.read(1 << 20):
                sink.write(piece)
        os.chmod(path, entry.mode & 0o777)
        os.utime(path, (entry.mtime, entry.mtime))
    return ""


def replace(path: str) -> None:
    if os.path.lexists(path) and (os.path.islink(path) or not os.path.isdir(path)):
        os.unlink(path)


if __name__ == "__main__":
    sys.exit(main())
