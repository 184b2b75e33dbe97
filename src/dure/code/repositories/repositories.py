"""The shelf of bare repositories. Each method may be called from any thread, and none from inside a Work."""

import re
import secrets
import shutil
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import time

import pygit2

from dure.code.repositories.commit import FORMAT, CommitInfo, commits_in
from dure.code.repositories.diff import Diff, diff_of
from dure.code.repositories.git import GitFailed, argv, environment, git, streaming
from dure.code.repositories.merging import Merged, drop_ref, merge_trees, move_ref, write_commit
from dure.code.repositories.refs import NAME, GitRef, Step, behind, journal, refs_below, refs_in, signed
from dure.code.repositories.tree import FILE_BYTES_MAX, TreeEntry, at, commit_at, entries_of, hashes_in, tidy
from dure.kit import Refused, run, say
from dure.ledger import HOUSE, Actor

__all__ = ["Parted", "Repositories"]


@dataclass(frozen=True)
class Parted:
    """How two commits stand to each other."""

    base: str | None
    """None: they have nothing in common."""
    ahead: int
    behind: int


HEX = re.compile(r"[0-9a-f]{7,64}")
COMMITS_MAX = 50_000
PATHS_MAX = 10_000
TIDY_SECONDS_MAX = 900.0
PACKS_MAX = 20
LEFT_SECONDS = 86_400
INIT_SECONDS_MAX = 20


class Repositories:
    """`root` holds one folder for each repository, called by its id."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self._making = threading.Lock()

    def path(self, repository_id: int) -> Path:
        """The bare repository, made at its first use. Half of one is never seen."""
        folder = self.root / f"{repository_id}.git"
        if not (folder / "HEAD").exists():
            with self._making:
                if not (folder / "HEAD").exists():
                    self._make(folder)
        return folder

    def _make(self, folder: Path) -> None:
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self.root / f".making-{secrets.token_hex(6)}"
        words = ("init", "--quiet", "--bare", "--template=", "--initial-branch=main", str(fresh))
        done = run(argv(*words), timeout_seconds=INIT_SECONDS_MAX, environment=environment())
        if not done.well:
            shutil.rmtree(fresh, ignore_errors=True)
            raise GitFailed(say("git {word} failed: {why}", word="init", why=done.err.strip()[-500:]))
        try:
            fresh.rename(folder)
        except OSError:
            # Another house on these repositories was quicker.
            shutil.rmtree(fresh, ignore_errors=True)
            if not (folder / "HEAD").exists():
                raise

    @contextmanager
    def open(self, repository_id: int) -> Iterator[pygit2.Repository]:
        """For reading, in this thread alone."""
        store = pygit2.Repository(str(self.path(repository_id)))
        try:
            yield store
        finally:
            store.free()

    def is_there(self, repository_id: int) -> bool:
        """Whether anybody has come for it yet."""
        return (self.root / f"{repository_id}.git" / "HEAD").exists()

    def behind(self, repository_id: int, target: str) -> str:
        """The commit that a tag with a message stands for; of a commit, itself."""
        with self.open(repository_id) as store:
            return behind(store, target)

    def refs(self, repository_id: int) -> dict[str, GitRef]:
        """Every branch and tag, by its full name."""
        with self.open(repository_id) as store:
            return refs_in(self.path(repository_id), store)

    def journal(self, repository_id: int, ref: str) -> list[Step]:
        """What git wrote down of how this ref moved, oldest first."""
        return journal(self.path(repository_id), ref)

    def resolve(self, repository_id: int, rev: str) -> str | None:
        """The commit that a branch, a tag, or the first seven letters or more of a sha stand for."""
        with self.open(repository_id) as store:
            for name in (rev, f"refs/heads/{rev}", f"refs/tags/{rev}"):
                if NAME.fullmatch(name) and name.startswith("refs/") and (found := peeled(store, name)):
                    return found
            if not HEX.fullmatch(rev):
                return None
            commit = commit_at(store, rev)
            return str(commit.id) if commit else None

    def split(self, repository_id: int, where: str) -> tuple[str, str, str] | None:
        """An address like `feature/x/src/a.py`: the branch, its commit, and the path that follows."""
        inside = tidy(where)
        if inside is None:
            return None
        parts = inside.split("/")
        for count in range(1, min(len(parts), 12) + 1):
            rev = "/".join(parts[:count])
            sha = self.resolve(repository_id, rev)
            if sha is not None:
                return rev, sha, "/".join(parts[count:])
        return None

    def head(self, repository_id: int, branch: str) -> str | None:
        """The commit that git has for this branch at this moment."""
        with self.open(repository_id) as store:
            return peeled(store, f"refs/heads/{branch}") if NAME.fullmatch(f"refs/heads/{branch}") else None

    def commit(self, repository_id: int, sha: str) -> CommitInfo | None:
        with self.open(repository_id) as store:
            if commit_at(store, sha) is None:
                return None
        return next(iter(self.log(repository_id, sha, limit=1)), None)

    def log(self, repository_id: int, sha: str, path: str = "", *, skip: int = 0, limit: int = 50) -> list[CommitInfo]:
        """The commits up to this one, the latest first; of a path, only those that changed it."""
        inside = tidy(path)
        if inside is None:
            return []
        words = ["log", "-z", f"--format={FORMAT}", f"--skip={skip}", f"--max-count={limit}", "--encoding=UTF-8"]
        words += ["--end-of-options", sha, "--", *([f":(literal){inside}"] if inside else [])]
        return list(commits_in(git(self.path(repository_id), *words)))

    def commits_between(
        self, repository_id: int, old: str | None, new: str, limit: int = COMMITS_MAX
    ) -> list[CommitInfo]:
        """The commits that `new` has and `old` has not, the latest first."""
        return self.new_commits(repository_id, [new], [old] if old else [], limit)

    def new_commits(
        self,
        repository_id: int,
        new: Collection[str],
        known: Collection[str],
        limit: int = COMMITS_MAX,
        *,
        skip: int = 0,
    ) -> list[CommitInfo]:
        """The commits that some of the new ones have and none of the known ones, the latest first."""
        with self.open(repository_id) as store:
            wanted = [sha for sha in dict.fromkeys(new) if commit_at(store, sha) is not None]
            without = [f"^{sha}" for sha in dict.fromkeys(known) if commit_at(store, sha) is not None]
        if not wanted:
            return []
        words = ["log", "-z", f"--format={FORMAT}", f"--skip={skip}", f"--max-count={limit}", "--encoding=UTF-8"]
        words.append("--stdin")
        typed = "".join(f"{sha}\n" for sha in [*wanted, *without])
        return list(commits_in(git(self.path(repository_id), *words, typed=typed.encode())))

    def is_ancestor(self, repository_id: int, older: str, newer: str) -> bool:
        """Whether `newer` contains `older`. A commit that is not there is contained in none."""
        with self.open(repository_id) as store:
            if commit_at(store, older) is None or commit_at(store, newer) is None:
                return False
        try:
            git(self.path(repository_id), "merge-base", "--is-ancestor", older, newer)
        except GitFailed:
            return False
        return True

    def changed_paths(self, repository_id: int, old: str | None, new: str) -> list[str] | None:
        """The paths that differ between two commits; of the first commit, all. None when there are too many."""
        with self.open(repository_id) as store:
            after = commit_at(store, new)
            before = commit_at(store, old) if old else None
            if after is None:
                return None
            made = after.tree.diff_to_tree(swap=True) if before is None else before.tree.diff_to_tree(after.tree)
            if len(made) > PATHS_MAX:
                return None
            names = {bytes(file.raw_path) for delta in made.deltas for file in (delta.old_file, delta.new_file)}
        return sorted(name.decode(errors="replace") for name in names)

    def diff(self, repository_id: int, sha: str) -> Diff | None:
        """What a commit changed; a merge, against the branch it was merged into."""
        with self.open(repository_id) as store:
            commit = commit_at(store, sha)
            if commit is None:
                return None
            return diff_of(store, commit.parents[0].tree if commit.parents else None, commit.tree)

    def compare(self, repository_id: int, target: str, source: str) -> Diff | None:
        """What `source` changed since the two parted."""
        with self.open(repository_id) as store:
            ours, theirs = commit_at(store, target), commit_at(store, source)
            if ours is None or theirs is None:
                return None
            base = store.merge_base(ours.id, theirs.id)
            old = store[base].peel(pygit2.Commit).tree if base is not None else None
            return diff_of(store, old, theirs.tree)

    def parted(self, repository_id: int, target: str, source: str) -> Parted:
        """Where two commits parted, and how many each has that the other has not."""
        with self.open(repository_id) as store:
            base = store.merge_base(target, source)
            ahead, behind = store.ahead_behind(source, target)
            return Parted(str(base) if base is not None else None, ahead, behind)

    def merge(self, repository_id: int, ours: str, theirs: str) -> Merged:
        """What comes of merging one commit into another. Nothing moves."""
        return merge_trees(self.path(repository_id), ours, theirs)

    def write_commit(
        self,
        repository_id: int,
        tree: str,
        parents: Sequence[str],
        message: str,
        *,
        actor: Actor = HOUSE,
        email: str,
        at: datetime,
    ) -> str:
        return write_commit(self.path(repository_id), tree, parents, message, actor, email, at)

    def move_ref(self, repository_id: int, ref: str, new: str, old: str | None = None, *, actor: Actor = HOUSE) -> bool:
        """Whether the ref now points there. With `old` only if it pointed to that before."""
        return move_ref(self.path(repository_id), ref, new, old, actor)

    def refs_below(self, repository_id: int, prefix: str) -> dict[str, str]:
        return refs_below(self.path(repository_id), prefix)

    def drop_ref(self, repository_id: int, ref: str) -> None:
        drop_ref(self.path(repository_id), ref)

    def list_tree(self, repository_id: int, sha: str, path: str = "") -> list[TreeEntry] | None:
        """What is in a folder at a commit, folders first. None when there is no such folder."""
        with self.open(repository_id) as store:
            found = at(store, sha, path)
            return entries_of(store, found, tidy(path) or "") if isinstance(found, pygit2.Tree) else None

    def find(self, repository_id: int, sha: str, path: str) -> TreeEntry | None:
        """What stands at a path, without its content."""
        folder, _, name = (tidy(path) or "").rpartition("/")
        return next((entry for entry in self.list_tree(repository_id, sha, folder) or [] if entry.name == name), None)

    def read_file(self, repository_id: int, sha: str, path: str) -> bytes | None:
        """A file at a commit. One too big to be held in memory is refused."""
        with self.open(repository_id) as store:
            found = at(store, sha, path)
            if not isinstance(found, pygit2.Blob):
                return None
            # Asked of the object itself, its size would be known only when all of it is in memory.
            if store.odb.read_header(found.id)[1] > FILE_BYTES_MAX:
                raise Refused(say("{path} is larger than {size} bytes.", path=path[:200], size=FILE_BYTES_MAX))
            return found.data

    def hashes(self, repository_id: int, sha: str) -> dict[str, str]:
        """Every file of a commit by its path: how git calls its content, and whether it is a program or a link."""
        with self.open(repository_id) as store:
            commit = commit_at(store, sha)
            return {} if commit is None else dict(hashes_in(store, commit.tree))

    def stream_file(self, repository_id: int, blob: str) -> Iterator[bytes]:
        """A file of any size, piece by piece."""
        with streaming(self.path(repository_id), "cat-file", "blob", blob) as pieces:
            yield from pieces

    def archive(self, repository_id: int, sha: str) -> Iterator[bytes]:
        """All files of a commit as a tar, piece by piece. The same commit always gives the same bytes."""
        with streaming(self.path(repository_id), "archive", "--format=tar", "--end-of-options", sha) as pieces:
            yield from pieces

    def packed(self, repository_id: int, sha: str, folder: str, kind: str) -> Iterator[bytes]:
        """The same below a folder of this name, as a tar or a zip."""
        words = ("archive", f"--format={kind}", f"--prefix={folder}/", "--end-of-options", sha)
        with streaming(self.path(repository_id), *words) as pieces:
            yield from pieces

    def tag(self, repository_id: int, name: str, sha: str, message: str) -> None:
        """Tag a commit in the name of the house. One that is there already has to be on this commit."""
        ref = f"refs/tags/{name}"
        if not NAME.fullmatch(ref):
            raise Refused(say("{name} cannot be the name of a tag.", name=name[:100]))
        with self.open(repository_id) as store:
            there = peeled(store, ref)
        if there is not None and there != sha:
            raise Refused(say("The tag {name} is there already, on another commit.", name=name))
        if there is None:
            words = (
                "-c",
                "tag.gpgSign=false",
                "tag",
                "--create-reflog",
                "-a",
                "-F",
                "-",
                "--end-of-options",
                name,
                sha,
            )
            git(self.path(repository_id), *words, typed=message.encode(), more=signed(HOUSE))

    def set_head(self, repository_id: int, branch: str) -> None:
        """Which branch a clone begins on."""
        folder = self.path(repository_id)
        if (folder / "HEAD").read_text().strip() != f"ref: refs/heads/{branch}":
            git(folder, "symbolic-ref", "HEAD", f"refs/heads/{branch}")

    def tidy(self, repository_id: int) -> None:
        """After a push: what makes reading quick, at a price that fits the size of the push."""
        folder = self.path(repository_id)
        if sum(1 for _ in (folder / "objects" / "pack").glob("*.pack")) > PACKS_MAX:
            git(folder, "repack", "--geometric=2", "-d", "-q", timeout_seconds=TIDY_SECONDS_MAX)
        words = ("commit-graph", "write", "--reachable", "--changed-paths", "--split", "--no-progress")
        git(folder, *words, timeout_seconds=TIDY_SECONDS_MAX)

    def sweep(self, repository_id: int) -> None:
        """Throw away what pushes left behind that were cut off long ago."""
        for left in (self.path(repository_id) / "objects").glob("tmp_objdir-*"):
            if time() - left.stat().st_mtime > LEFT_SECONDS:
                shutil.rmtree(left, ignore_errors=True)

    def forget(self, repository_id: int) -> None:
        """The project is gone, and its repository."""
        shutil.rmtree(self.root / f"{repository_id}.git", ignore_errors=True)


def peeled(store: pygit2.Repository, ref: str) -> str | None:
    try:
        return str(store.lookup_reference(ref).peel(pygit2.Commit).id)
    except (KeyError, ValueError, pygit2.GitError):
        return None
