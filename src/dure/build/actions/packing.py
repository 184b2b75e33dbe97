"""Trees of actions as bytes: a .tar.gz among the blobs, always the same for the same files."""

import tarfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dure.code import Repositories
from dure.kit import Refused, say
from dure.storage import Blobs
from dure.wire import ACTION_BYTES_MAX, ACTION_FILES_MAX

GZIP_LEVEL = 6
GZIP = 31
"""How zlib is told to write a .gz; it puts no name and no moment into it."""


@dataclass(frozen=True)
class Tree:
    """The files of one commit, packed."""

    sha: str
    digest: str
    size: int


def from_repository(repositories: Repositories, blobs: Blobs, repository_id: int, sha: str) -> Tree:
    """The files of a commit of ours."""
    return kept(blobs, packed(repositories.archive(repository_id, sha)), sha)


def from_bytes(blobs: Blobs, digest: str) -> Tree:
    """A tree that somebody has sent: looked through before anybody is given it."""
    size = blobs.size(digest)
    look_through(blobs, digest)
    return Tree("", digest, size)


def kept(blobs: Blobs, pieces: Iterable[bytes], sha: str) -> Tree:
    digest = blobs.put(pieces, bytes_max=ACTION_BYTES_MAX)
    return Tree(sha, digest, blobs.size(digest))


def packed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, GZIP)
    for piece in pieces:
        if some := packer.compress(piece):
            yield some
    yield packer.flush()


class Pieces:
    """Pieces of bytes as a file that can only be read forward."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces = pieces
        self.rest = b""

    def read(self, size: int) -> bytes:
        while len(self.rest) < size and (piece := next(self.pieces, None)) is not None:
            self.rest += piece
        some, self.rest = self.rest[:size], self.rest[size:]
        return some


def look_through(blobs: Blobs, digest: str) -> None:
    """Refuses what is no .tar.gz, and what leads out of the place where it will be unpacked."""
    count = 0
    try:
        with tarfile.open(fileobj=Pieces(blobs.read(digest)), mode="r|gz") as archive:  # type: ignore[call-overload]
            for member in archive:
                count += 1
                if why := fault(member) or ("too many files" if count > ACTION_FILES_MAX else ""):
                    raise Refused(say("This archive is not taken: {why}.", why=why))
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise Refused(say("This is not a .tar.gz that can be read: {why}.", why=str(error)[:200])) from error


def fault(member: tarfile.TarInfo) -> str:
    names = [member.name, member.linkname] if member.issym() or member.islnk() else [member.name]
    if any(name.startswith("/") or ".." in name.split("/") for name in names[:1]):
        return f"{member.name[:200]!r} leads out of it"
    if len(names) > 1 and leads_out(member):
        return f"the link {member.name[:200]!r} leads out of it"
    return "" if member.isfile() or member.isdir() or len(names) > 1 else f"{member.name[:200]!r} is no file"


def leads_out(member: tarfile.TarInfo) -> bool:
    """Whether a link points to somewhere outside of the archive."""
    if member.linkname.startswith("/"):
        return True
    start = member.name.split("/")[:-1] if member.issym() else []
    depth = 0
    for part in [*start, *member.linkname.split("/")]:
        depth += -1 if part == ".." else 0 if part in ("", ".") else 1
        if depth < 0:
            return True
    return False
