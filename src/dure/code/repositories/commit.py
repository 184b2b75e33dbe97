"""Commits as git has them, read for people."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

TITLE_LIMIT_CHARACTERS = 500
NAME_LIMIT_CHARACTERS = 200
MESSAGE_LIMIT_CHARACTERS = 20_000
FORMAT = "%H%x00%P%x00%an%x00%ae%x00%at%x00%cn%x00%ct%x00%B%x00"
FIELDS = 8
LAST_SECOND = datetime(9999, 12, 30, tzinfo=UTC)
FIRST_SECOND = datetime(1, 1, 2, tzinfo=UTC)


@dataclass(frozen=True)
class CommitInfo:
    """One commit: what it is called, who made it, and when they say they did."""

    sha: str
    parents: tuple[str, ...]
    title: str
    message: str = field(repr=False)
    """The whole of it, the title included."""
    author_name: str
    author_email: str
    authored_at: datetime
    committer_name: str
    committed_at: datetime

    @property
    def body(self) -> str:
        """What follows the title."""
        _, _, rest = self.message.partition("\n")
        return rest.strip("\n") if self.message.startswith(self.title) else self.message


def commits_in(told: bytes) -> Iterator[CommitInfo]:
    """The commits that `git log -z` told of in our format."""
    words = told.split(b"\0")
    # Each commit ends with a NUL of the format and one of -z.
    for start in range(0, len(words) - FIELDS, FIELDS + 1):
        sha, parents, author, email, authored, committer, committed, message = words[start : start + FIELDS]
        yield commit_info(
            sha.decode(), tuple(parents.decode().split()), author, email, authored, committer, committed, message
        )


def commit_info(
    sha: str,
    parents: tuple[str, ...],
    author: bytes,
    email: bytes,
    authored: bytes,
    committer: bytes,
    committed: bytes,
    message: bytes,
) -> CommitInfo:
    whole = words_of(message)[:MESSAGE_LIMIT_CHARACTERS].strip("\n")
    return CommitInfo(
        sha=sha,
        parents=parents,
        title=whole.partition("\n")[0].strip()[:TITLE_LIMIT_CHARACTERS],
        message=whole,
        author_name=words_of(author)[:NAME_LIMIT_CHARACTERS],
        author_email=words_of(email)[:NAME_LIMIT_CHARACTERS],
        authored_at=moment_of(authored),
        committer_name=words_of(committer)[:NAME_LIMIT_CHARACTERS],
        committed_at=moment_of(committed),
    )


def words_of(said: bytes) -> str:
    """Whatever bytes somebody wrote, as text that every database takes."""
    return said.decode(errors="replace").replace("\0", "")


def moment_of(said: bytes) -> datetime:
    """Seconds since 1970. Some clocks were very wrong, and some programs wrote nothing."""
    try:
        return min(max(datetime.fromtimestamp(int(said or b"0"), UTC), FIRST_SECOND), LAST_SECOND)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)
