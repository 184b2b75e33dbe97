"""A release, laid out: a tar becomes a folder that nobody changes any more.

The tar comes from a repository that others write, so nothing in it is believed: no way out of the folder, no
devices, no rights beyond reading and running, and no more than a disk can bear.
"""

import hashlib
import os
import posixpath
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from dure.deploy.engines.watched import open_folder
from dure.deploy.platform import PlatformRefused
from dure.kit import Text, say

BYTES_MAX = 4 << 30
ENTRIES_MAX = 200_000
NAME_MAX = 4096
HALF = ".new-"


class ReleaseUnusable(PlatformRefused):
    """The tar of the release holds what no release may."""


def unpack(place: Path, digest: str, pieces: Iterable[bytes]) -> None:
    """Make the folder `place` from a tar with this SHA-256. It appears whole or not at all."""
    open_folder(place.parent)
    new = Path(tempfile.mkdtemp(prefix=HALF, dir=place.parent))
    try:
        with tempfile.TemporaryFile(dir=new.parent) as spool:
            spool_in(spool.fileno(), digest, pieces)
            spool.seek(0)
            with tarfile.open(fileobj=spool, mode="r:*") as tar:
                lay_out(tar, new / "files")
        read_only(new / "files")
        # What is renamed into place must be on the disk, or a power cut leaves a folder of empty files.
        os.sync()
        # A folder that is closed to writing cannot move, not even by its owner.
        (new / "files").chmod(0o755)
        (new / "files").rename(place)
        place.chmod(0o555)
    except (tarfile.TarError, EOFError, zlib.error, UnicodeError) as error:
        raise ReleaseUnusable(say("The release is not a tar that can be read: {why}.", why=str(error))) from error
    except OSError as error:
        # Unless another thread was faster; what it laid out has the same digest.
        if not place.exists():
            raise ReleaseUnusable(say("The release cannot be laid out here: {why}.", why=str(error))) from error
    finally:
        remove(new)


def spool_in(file: int, digest: str, pieces: Iterable[bytes]) -> None:
    found, size = hashlib.sha256(), 0
    for piece in pieces:
        size += len(piece)
        if size > BYTES_MAX:
            raise too_large()
        found.update(piece)
        view = memoryview(piece)
        while view:
            view = view[os.write(file, view) :]
    if found.hexdigest() != digest:
        raise ReleaseUnusable(say("The release is not what its digest says; it was damaged on the way."))


def lay_out(tar: tarfile.TarFile, into: Path) -> None:
    into.mkdir()
    symbolic: list[Path] = []
    for member in checked(tar):
        place = into / member.name
        place.parent.mkdir(parents=True, exist_ok=True)
        if member.isdir():
            place.mkdir(exist_ok=True)
            continue
        # A tar may say a file twice; the last one counts.
        place.unlink(missing_ok=True)
        if member.issym():
            place.symlink_to(member.linkname)
            symbolic.append(place)
        elif member.islnk():
            os.link(into / posixpath.normpath(member.linkname), place, follow_symlinks=False)
        else:
            write(tar, member, place)
    # One link through another may lead further than its words say, which is seen only when all of them are there.
    home = os.path.realpath(into)
    for link in symbolic:
        if not Path(os.path.realpath(link)).is_relative_to(home):
            raise ReleaseUnusable(leads_out(str(link.relative_to(into))))


def write(tar: tarfile.TarFile, member: tarfile.TarInfo, place: Path) -> None:
    mode = 0o755 if member.mode & 0o111 else 0o644
    source = tar.extractfile(member)
    with open(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode), "wb") as file:
        os.fchmod(file.fileno(), mode)
        if source is not None:
            shutil.copyfileobj(source, file)


def checked(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """The members that may be laid out. Any other ends it all."""
    size, links = 0, set[str]()
    for number, member in enumerate(tar):
        name = posixpath.normpath(member.name)
        size += member.size
        if number >= ENTRIES_MAX or size > BYTES_MAX:
            raise too_large()
        problem = why_not(member, name, links)
        if problem is not None:
            raise ReleaseUnusable(problem)
        member.name = name
        if member.issym():
            links.add(name)
        if name != ".":
            yield member


def why_not(member: tarfile.TarInfo, name: str, links: set[str]) -> Text | None:
    if not inside(name) or len(name) > NAME_MAX or "\\" in name:
        return say("The release holds {name}, which would lie outside of its folder.", name=shown(member.name))
    if any(parent in links for parent in parents(name)) or name in links:
        return say("The release holds {name}, which lies behind a link.", name=shown(name))
    if member.issym() or member.islnk():
        target = member.linkname
        at = posixpath.join(posixpath.dirname(name), target) if member.issym() else target
        end = posixpath.normpath(at)
        if not inside(end) or (member.islnk() and links.intersection((end, *parents(end)))):
            return leads_out(name)
        return None
    if not (member.isreg() or member.isdir()):
        return say("The release holds {name}, which is neither a file nor a folder nor a link.", name=shown(name))
    return None


def leads_out(name: str) -> Text:
    return say("The release holds the link {name}, which points outside of its folder.", name=shown(name))


def inside(name: str) -> bool:
    return not name.startswith(("/", "../")) and name != ".." and "\0" not in name


def parents(name: str) -> Iterator[str]:
    while name := posixpath.dirname(name):
        yield name


def shown(name: str) -> str:
    return repr(name[:200])


def too_large() -> ReleaseUnusable:
    return ReleaseUnusable(
        say("The release is too large: at most {gigabytes} GB and {entries} files.", gigabytes=4, entries=ENTRIES_MAX)
    )


def read_only(folder: Path) -> None:
    """Everybody may read and nobody write: several instances share it, and it must stay what was released."""
    for root, _, files in os.walk(folder):
        for name in files:
            path = Path(root, name)
            if not path.is_symlink():
                path.chmod(path.stat().st_mode & 0o555 | 0o444)
        Path(root).chmod(0o555)


def clear_halves(releases: Path) -> None:
    """What a house that was killed was laying out."""
    for half in releases.glob(f"{HALF}*"):
        remove(half)


def remove(folder: Path) -> None:
    for root, _, _ in os.walk(folder):
        Path(root).chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)
