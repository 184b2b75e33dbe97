"""What a reader of the code sees: a folder, a file, the commits, a commit. Read from git, never inside a Work."""

from collections.abc import Sequence
from dataclasses import dataclass

from pygments.lexers import find_lexer_class_for_filename

from dure.code.repositories import CommitInfo, Repositories, TreeEntry
from dure.kit import Missing, say

SHOWN_BYTES_MAX = 500_000
LINES_SHOWN_MAX = 20_000
README_BYTES_MAX = 200_000
SNIFFED_BYTES = 8000
READMES = ("readme.md", "readme.ko.md", "readme.markdown", "readme.txt", "readme", "readme.rst")
IMAGES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "ico": "image/x-icon",
    "svg": "image/svg+xml",
}


@dataclass(frozen=True)
class Where:
    """A place in a repository: at which branch, tag or commit, and which path."""

    rev: str
    sha: str
    path: str

    @property
    def steps(self) -> list[tuple[str, str]]:
        """Each folder on the way, with its own path."""
        parts = self.path.split("/") if self.path else []
        return [(part, "/".join(parts[: place + 1])) for place, part in enumerate(parts)]


@dataclass(frozen=True)
class Text:
    """A file that can be read, and the language it seems to be in."""

    name: str
    words: str
    language: str

    @property
    def lines(self) -> int:
        return self.words.count("\n") + (not self.words.endswith("\n") and bool(self.words))


@dataclass(frozen=True)
class Folder:
    where: Where
    latest: CommitInfo | None
    entries: Sequence[TreeEntry]
    readme: Text | None = None


@dataclass(frozen=True)
class File:
    where: Where
    latest: CommitInfo | None
    entry: TreeEntry
    kind: str
    """text, image, binary, large, link or submodule"""
    text: Text | None = None


def find_place(repositories: Repositories, repository_id: int, address: str) -> Where:
    """What an address like `main/src/a.py` means."""
    found = repositories.split(repository_id, address)
    if found is None:
        raise Missing(say("There is no branch, tag or commit of this name."))
    return Where(*found)


def look(repositories: Repositories, repository_id: int, where: Where) -> Folder | File:
    """The folder or the file that stands there."""
    latest = next(iter(repositories.log(repository_id, where.sha, where.path, limit=1)), None)
    entries = repositories.list_tree(repository_id, where.sha, where.path)
    if entries is not None:
        return Folder(where, latest, entries, find_readme(repositories, repository_id, where, entries))
    entry = repositories.find(repository_id, where.sha, where.path)
    if entry is None:
        raise Missing(say("There is no such file at {rev}.", rev=where.rev))
    return file_at(repositories, repository_id, where, latest, entry)


def file_at(
    repositories: Repositories, repository_id: int, where: Where, latest: CommitInfo | None, entry: TreeEntry
) -> File:
    if entry.kind == "submodule":
        return File(where, latest, entry, "submodule")
    if image_type(entry.name):
        return File(where, latest, entry, "image")
    if (entry.size or 0) > SHOWN_BYTES_MAX:
        return File(where, latest, entry, "large")
    content = repositories.read_file(repository_id, where.sha, where.path) or b""
    words = readable(content)
    if words is None:
        return File(where, latest, entry, "binary")
    if words.count("\n") > LINES_SHOWN_MAX:
        return File(where, latest, entry, "large")
    kind = "link" if entry.kind == "link" else "text"
    return File(where, latest, entry, kind, Text(entry.name, words, language_in(entry.name)))


def find_readme(
    repositories: Repositories, repository_id: int, where: Where, entries: Sequence[TreeEntry]
) -> Text | None:
    by_name = {entry.name.lower(): entry for entry in entries if entry.kind in ("file", "executable")}
    entry = next((by_name[name] for name in READMES if name in by_name), None)
    if entry is None or (entry.size or 0) > README_BYTES_MAX:
        return None
    words = readable(repositories.read_file(repository_id, where.sha, entry.path) or b"")
    return Text(entry.name, words, language_in(entry.name)) if words else None


def readable(content: bytes) -> str | None:
    """The words of a file; nothing when it is not text."""
    if b"\0" in content[:SNIFFED_BYTES]:
        return None
    try:
        return content.decode("utf-8-sig").replace("\0", "")
    except UnicodeDecodeError:
        return content.decode("latin-1").replace("\0", "") if looks_like_text(content) else None


def looks_like_text(content: bytes) -> bool:
    """In some older encoding: no letters that only machines use."""
    return not any(byte < 32 and byte not in (9, 10, 12, 13, 27) for byte in content[:SNIFFED_BYTES])


def image_type(name: str) -> str | None:
    """The kind of picture that a name promises, if a browser can show it."""
    return IMAGES.get(name.rpartition(".")[2].lower()) if "." in name else None


def language_in(name: str) -> str:
    """What the colours are chosen by."""
    found = find_lexer_class_for_filename(name)
    aliases: Sequence[str] = found.aliases if found else ()
    return aliases[0] if aliases else "text"
