"""What libgit2 tells us is what git tells: every reading is compared with the program."""

import resource
import subprocess
from pathlib import Path

import pytest

from dure.code import Repositories
from dure.kit import Refused
from tests.code.worktree import Home, Worktree

NAMES = ("a.txt", "src/deep/주문.py", "b c&d.txt", "bin/tool", "gone.txt", "moved.txt")


@pytest.fixture
def kept(tmp_path: Path) -> tuple[Repositories, Worktree]:
    """A history with everything in it: merges, moves, links, a file that is none, and a submodule."""
    repositories = Repositories(tmp_path / "repositories")
    tree = Home(tmp_path, "http://127.0.0.1").worktree("x/y")
    tree.commit("First", {name: f"{name}\n" * 20 for name in NAMES})
    (tree.folder / "bin/tool").chmod(0o755)
    (tree.folder / "link").symlink_to("a.txt")
    tree.commit("Second\n\nA body.", {"raw.bin": bytes(range(256))})
    tree.git("checkout", "--quiet", "-b", "feature/x")
    (tree.folder / "gone.txt").unlink()
    tree.git("mv", "moved.txt", "other.txt")
    tree.commit("On a branch", {"a.txt": "new\n" + "a.txt\n" * 20})
    tree.git("checkout", "--quiet", "main")
    tree.commit("Meanwhile", {"main.txt": "m\n"})
    tree.git("merge", "--quiet", "--no-ff", "-m", "Merge", "feature/x")
    tree.git("update-index", "--add", "--cacheinfo", f"160000,{tree.sha()},sub")
    tree.git("commit", "--quiet", "-m", "Submodule")
    tree.git("tag", "light", "HEAD~1")
    tree.git("tag", "-a", "-m", "Version", "v1")
    tree.git("push", "--quiet", "--mirror", str(repositories.path(1)))
    return repositories, tree


def test_trees_are_those_of_git(kept: tuple[Repositories, Worktree]) -> None:
    repositories, tree = kept
    kinds = {"040000": "tree", "100644": "file", "100755": "executable", "120000": "link", "160000": "submodule"}
    for sha in tree.git("rev-list", "--all").out.split():
        for folder in ("", "src", "src/deep", "bin"):
            told = tree.git("-c", "core.quotepath=off", "ls-tree", "-l", "-z", f"{sha}:{folder}", expect=None)
            entries = repositories.list_tree(1, sha, folder)
            if told.code:
                assert entries is None
                continue
            theirs = set()
            for line in told.out.split("\0")[:-1]:
                facts, _, name = line.partition("\t")
                mode, _, blob, size = facts.split()
                kind = kinds[mode]
                theirs.add((name, kind, blob, int(size) if kind in ("file", "executable") else None))
            assert {(entry.name, entry.kind, entry.sha, entry.size) for entry in entries or []} == theirs


def test_files_are_those_of_git(kept: tuple[Repositories, Worktree]) -> None:
    repositories, tree = kept
    for name in (*NAMES[:4], "raw.bin"):
        theirs = subprocess.run(
            ["git", "show", f"HEAD:{name}"], cwd=tree.folder, env=tree.home.environment, capture_output=True, check=True
        ).stdout
        assert repositories.read_file(1, tree.sha(), name) == theirs
    for name in ("nothing", "src", "../a.txt", "", "sub", "a.txt/b"):
        assert repositories.read_file(1, tree.sha(), name) is None
    assert repositories.read_file(1, "0" * 40, "a.txt") is None


def test_diffs_are_those_of_git(kept: tuple[Repositories, Worktree]) -> None:
    repositories, tree = kept
    for sha in tree.git("rev-list", "--all").out.split():
        parents = tree.git("log", "-1", "--format=%P", sha).out.split()
        base = parents[0] if parents else tree.git("hash-object", "-t", "tree", "/dev/null").out.strip()
        told = tree.git("diff", "-M", "--numstat", "-z", "--ignore-submodules=none", base, sha).out
        theirs = set()
        words = told.split("\0")
        while words and words[0]:
            added, removed, path = words.pop(0).split("\t")
            old = path
            if not path:
                old, path = words.pop(0), words.pop(0)
            theirs.add((path, old, added, removed))
        diff = repositories.diff(1, sha)
        assert diff is not None
        ours = {
            (
                file.path,
                file.old_path,
                "-" if file.binary else str(file.added),
                "-" if file.binary else str(file.removed),
            )
            for file in diff.files
        }
        assert ours == theirs
        lines = [line for file in diff.files for hunk in file.hunks for line in hunk.lines if line.sign == "+"]
        patch = tree.git("diff", "-M", "--ignore-submodules=none", base, sha).out.splitlines()
        assert sorted(line.words for line in lines) == sorted(
            line[1:] for line in patch if line.startswith("+") and not line.startswith("+++ ")
        )


def test_revisions_are_those_of_git(kept: tuple[Repositories, Worktree]) -> None:
    repositories, tree = kept
    for rev in ("main", "feature/x", "v1", "light", tree.sha(), tree.sha()[:7], tree.sha("main~3")[:12]):
        assert repositories.resolve(1, rev) == tree.sha(f"{rev}^{{commit}}")
    for rev in (
        "",
        "nothing",
        "HEAD",
        "main^",
        "main~1",
        "@",
        "..",
        "a" * 300,
        tree.sha("HEAD^{tree}"),
        "zzzzzzz",
        "-x",
    ):
        assert repositories.resolve(1, rev) is None
    assert repositories.split(1, "feature/x/src/deep") == ("feature/x", tree.sha("feature/x"), "src/deep")
    assert repositories.split(1, "main") == ("main", tree.sha("main"), "")
    assert repositories.split(1, "main/../..") is None


def test_commits_are_those_of_git(kept: tuple[Repositories, Worktree]) -> None:
    repositories, tree = kept
    found = repositories.log(1, tree.sha(), limit=100)
    assert [commit.sha for commit in found] == tree.git("rev-list", "HEAD").out.split()
    assert [commit.title for commit in found][-2:] == ["Second", "First"]
    assert found[-2].body == "A body."
    assert found[1].parents == tuple(tree.git("log", "-1", "--format=%P", "HEAD~1").out.split())
    touched = tree.git("rev-list", "HEAD", "--", "a.txt").out.split()
    assert [commit.sha for commit in repositories.log(1, tree.sha(), "a.txt")] == touched
    between = [commit.sha for commit in repositories.commits_between(1, tree.sha("main~2"), tree.sha())]
    assert between == tree.git("rev-list", "main~2..main").out.split()
    assert repositories.is_ancestor(1, tree.sha("feature/x"), tree.sha())
    assert not repositories.is_ancestor(1, tree.sha(), tree.sha("feature/x"))
    assert not repositories.is_ancestor(1, "0" * 40, tree.sha())
    theirs = tree.git("-c", "core.quotepath=off", "diff", "--no-renames", "--name-only", "HEAD~4", "HEAD").out.split(
        "\n"
    )
    assert repositories.changed_paths(1, tree.sha("HEAD~4"), tree.sha()) == sorted(filter(None, theirs))


def test_an_archive_is_always_the_same(kept: tuple[Repositories, Worktree]) -> None:
    repositories, tree = kept
    first = b"".join(repositories.archive(1, tree.sha()))
    assert first == b"".join(repositories.archive(1, tree.sha()))
    assert b"a.txt" in first
    pieces = repositories.archive(1, tree.sha())
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]


def test_a_tag_is_made_once(kept: tuple[Repositories, Worktree]) -> None:
    repositories, tree = kept
    for _ in range(2):
        repositories.tag(1, "v2.0.0", tree.sha(), "Version 2\n\n# not a comment")
    assert repositories.resolve(1, "v2.0.0") == tree.sha()
    with pytest.raises(Refused):
        repositories.tag(1, "v2.0.0", tree.sha("HEAD~1"), "Version 2")
    for name in ("", "a..b", "-d", "a b", "x.lock", "a/../b", "@{0}", "\n"):
        with pytest.raises(Refused):
            repositories.tag(1, name, tree.sha(), "No")


def test_tidying_keeps_everything(kept: tuple[Repositories, Worktree]) -> None:
    repositories, tree = kept
    packing = "git -c transfer.unpackLimit=1 receive-pack"
    for number in range(25):
        tree.commit(f"Number {number}")
        tree.git("push", "--quiet", f"--receive-pack={packing}", str(repositories.path(1)), "main")
    before = len(list((repositories.path(1) / "objects/pack").glob("*.pack")))

    repositories.tidy(1)

    assert len(list((repositories.path(1) / "objects/pack").glob("*.pack"))) < before
    assert [commit.sha for commit in repositories.log(1, tree.sha(), limit=100)] == tree.git(
        "rev-list", "HEAD"
    ).out.split()
    tree.git("--git-dir", str(repositories.path(1)), "fsck", "--strict")


def test_what_is_large_is_never_taken_into_memory(tmp_path: Path) -> None:
    """A commit that moves a large file is shown without it: its lines alone would fill the memory of the house."""
    repositories = Repositories(tmp_path / "repositories")
    tree = Home(tmp_path, "http://127.0.0.1").worktree("x/y")
    tree.commit("First", {"large.txt": b"a line\n" * 9_000_000, "small.txt": "1\n"})
    tree.git("mv", "large.txt", "moved.txt")
    sha = tree.commit("Second", {"small.txt": "2\n"})
    tree.git("push", "--quiet", "--mirror", str(repositories.path(1)))

    before = peak_bytes()
    diff = repositories.diff(1, sha)
    assert diff is not None
    assert [(file.path, file.state, file.hidden, len(file.hunks)) for file in diff.files] == [
        ("large.txt", "deleted", True, 0),
        ("moved.txt", "added", True, 0),
        ("small.txt", "changed", False, 1),
    ]
    with pytest.raises(Refused):
        repositories.read_file(1, sha, "moved.txt")
    assert peak_bytes() - before < 20_000_000


def peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
