"""Pushes by the real git: what arrives, what is written down of it, and by whom."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.code.told import bare, fixes, moved, pushed, received
from tests.code.worktree import Worktree
from tests.parts.house import RunningHouse

ZEROS = "0" * 40


def test_a_push_stands_in_the_ledger_when_git_returns(running: RunningHouse, project: str, tree: Worktree) -> None:
    first = tree.commit("First", {"a.txt": "1"})
    second = tree.commit("둘째\n\nWith a body.", {"a.txt": "2"})

    said = tree.push("main")

    (facts,) = pushed(running, project)
    assert (facts["ref"], facts["before"], facts["after"]) == ("refs/heads/main", ZEROS, second)
    assert [(each["sha"], each["title"]) for each in facts["commits"]] == [(second, "둘째"), (first, "First")]
    assert facts["created"]
    assert facts["default"]
    assert not facts["forced"]
    assert facts["by"] == "ada"
    assert {f"commit:{facts['project']}/{sha}" for sha in (first, second)} <= set(facts["about"])
    assert received(running, project) == {first: "First", second: "둘째"}
    assert f"{running.url}/{project}/code/commit/{second}" in said.err


def test_a_clone_has_what_was_pushed(tree: Worktree, project: str) -> None:
    sha = tree.commit("First", {"src/가.txt": "hello\n"})
    tree.push("main")

    clone = tree.home.clone(project, "clone")

    assert clone.sha() == sha
    assert (clone.folder / "src/가.txt").read_text() == "hello\n"
    assert clone.git("branch", "--show-current").out.strip() == "main"


def test_the_address_needs_no_ending(tree: Worktree, project: str) -> None:
    sha = tree.commit("First")
    tree.git("push", tree.home.address(project, ""), "main")

    assert tree.git("ls-remote", tree.home.address(project, "")).out.split()[0] == sha


def test_a_rewritten_branch_says_so(running: RunningHouse, project: str, tree: Worktree) -> None:
    tree.commit("First")
    old = tree.commit("Second")
    tree.push("main")
    tree.git("commit", "--quiet", "--amend", "--allow-empty", "-m", "Better")
    assert "rejected" in tree.push("main", expect=1).err

    tree.push("--force", "main")

    facts = pushed(running, project)[-1]
    assert (facts["before"], facts["after"], facts["forced"]) == (old, tree.sha(), True)
    assert [each["title"] for each in facts["commits"]] == ["Better"]


def test_branches_come_and_go(running: RunningHouse, project: str, tree: Worktree) -> None:
    first = tree.commit("First")
    tree.push("main")
    tree.push("main:refs/heads/feature/x")
    tree.push("--delete", "feature/x")

    assert moved(running, project) == [
        ("refs/heads/main", ZEROS, first),
        ("refs/heads/feature/x", ZEROS, first),
        ("refs/heads/feature/x", first, ZEROS),
    ]
    last = pushed(running, project)[-1]
    assert last["deleted"]
    assert last["by"] == "ada"


def test_the_default_branch_cannot_be_deleted(tree: Worktree, running: RunningHouse, project: str) -> None:
    tree.commit("First")
    tree.push("main")

    assert "refusing to delete the current branch" in tree.push("--delete", "main", expect=1).err
    assert len(moved(running, project)) == 1


def test_tags_name_commits(running: RunningHouse, project: str, tree: Worktree) -> None:
    sha = tree.commit("First")
    tree.push("main")
    tree.git("tag", "light")
    tree.git("tag", "-a", "-m", "Version 1", "v1")
    tree.push("--tags")
    tree.push("--delete", "v1")

    assert moved(running, project)[1:] == [
        ("refs/tags/light", ZEROS, sha),
        ("refs/tags/v1", ZEROS, sha),
        ("refs/tags/v1", sha, ZEROS),
    ]


def test_another_first_branch_becomes_the_default(running: RunningHouse, project: str, tree: Worktree) -> None:
    tree.git("checkout", "--quiet", "-b", "trunk")
    sha = tree.commit("First")
    tree.push("trunk")

    assert pushed(running, project)[0]["default"]
    clone = tree.home.clone(project, "clone")
    assert (clone.sha(), clone.git("branch", "--show-current").out.strip()) == (sha, "trunk")


def test_words_that_fix_issues(running: RunningHouse, project: str, tree: Worktree, token: str) -> None:
    issue = running.api("POST", f"/projects/{project}/issues", {"title": "Broken"}, token=token, expect=201)
    sha = tree.commit("Mend it\n\nFixes #1, #3 and closes: #2. See #9. Prefixes #8.")
    tree.push("main")

    assert fixes(running, project) == {(sha, 1), (sha, 2), (sha, 3)}
    detail = running.api("GET", f"/projects/{project}/issues/{issue['number']}", token=token)
    assert detail["ref"] in pushed(running, project)[0]["about"]


def test_what_a_merge_brings_was_received_before(running: RunningHouse, project: str, tree: Worktree) -> None:
    tree.commit("First")
    tree.push("main")
    tree.git("checkout", "--quiet", "-b", "feature")
    feature = tree.commit("Feature")
    tree.push("feature")
    tree.git("checkout", "--quiet", "main")
    tree.git("merge", "--quiet", "--ff-only", "feature")
    tree.push("main")

    last = pushed(running, project)[-1]
    assert (last["ref"], [each["sha"] for each in last["commits"]]) == ("refs/heads/main", [feature])


def test_many_pushes_at_once_are_each_told_once(running: RunningHouse, project: str, tree: Worktree) -> None:
    tree.commit("First")
    tree.push("main")
    clones = [tree.home.clone(project, f"clone-{number}") for number in range(6)]
    shas = {f"refs/heads/b{number}": clone.commit(f"From {number}") for number, clone in enumerate(clones)}

    with ThreadPoolExecutor(len(clones)) as pool:
        list(pool.map(lambda pair: pair[1].push(f"HEAD:b{pair[0]}"), enumerate(clones)))

    told = {facts["ref"]: facts for facts in pushed(running, project)[1:]}
    assert {ref: facts["after"] for ref, facts in told.items()} == shas
    assert len(pushed(running, project)) == 7
    assert all(len(facts["commits"]) == 1 for facts in told.values())


def test_of_two_pushes_to_one_branch_one_wins(running: RunningHouse, project: str, tree: Worktree) -> None:
    tree.commit("First")
    tree.push("main")
    clones = [tree.home.clone(project, f"clone-{number}") for number in range(4)]
    for number, clone in enumerate(clones):
        clone.commit(f"From {number}")

    with ThreadPoolExecutor(len(clones)) as pool:
        codes = list(pool.map(lambda clone: clone.push("main", expect=None).code, clones))

    assert codes.count(0) == 1
    assert len(pushed(running, project)) == 2
    assert pushed(running, project)[1]["after"] == clones[codes.index(0)].sha()


def test_a_hundred_branches_at_once(running: RunningHouse, project: str, tree: Worktree) -> None:
    tree.commit("First")
    for number in range(100):
        sha = tree.git("commit-tree", "-m", f"{number}", "HEAD^{tree}").out.strip()
        tree.git("update-ref", f"refs/heads/b{number:03}", sha)
    tree.push("--all")

    assert len(moved(running, project)) == 101
    assert len(received(running, project)) == 101


def test_commits_are_received_once(running: RunningHouse, project: str, tree: Worktree) -> None:
    tree.commit("First")
    tree.push("main", "main:copy")

    assert [len(facts["commits"]) for facts in pushed(running, project)] == [1, 1]
    assert len(received(running, project)) == 1


def test_hidden_refs_are_closed(tree: Worktree, project: str, running: RunningHouse) -> None:
    tree.commit("First")

    assert "deny updating a hidden ref" in tree.push("main:refs/pull/1/head", expect=1).err
    assert moved(running, project) == []


def test_a_broken_object_is_refused(tree: Worktree, project: str, running: RunningHouse) -> None:
    """A tree with a `.git` in it would write into the repository of whoever checks it out."""
    blob = tree.git("hash-object", "-w", "--stdin").out.strip()
    bad = tree.git("mktree", typed=f"100644 blob {blob}\t.git\n").out.strip()
    sha = tree.git("commit-tree", "-m", "evil", bad).out.strip()

    said = tree.push(f"{sha}:refs/heads/main", expect=1)

    assert "hasDotgit" in said.err or "contains '.git'" in said.err
    assert moved(running, project) == []


def test_hooks_in_the_folder_are_never_run(tree: Worktree, project: str, running: RunningHouse) -> None:
    tree.commit("First")
    tree.push("main")
    hooks = Path(bare(running, project)) / "hooks"
    hooks.mkdir(exist_ok=True)
    (hooks / "pre-receive").write_text("#!/bin/sh\nexit 1\n")
    (hooks / "pre-receive").chmod(0o755)
    tree.commit("Second")

    tree.push("main")


def test_versions_of_the_protocol(tree: Worktree, project: str) -> None:
    sha = tree.commit("First")
    tree.push("main")
    for version in ("0", "1", "2"):
        said = tree.git(
            "-c", f"protocol.version={version}", "ls-remote", "origin", environment={"GIT_TRACE_PACKET": "1"}
        )
        assert sha in said.out
        assert ("< version 2" in said.err) == (version == "2")
        assert tree.home.clone(project, f"v{version}", "-c", f"protocol.version={version}").sha() == sha


def test_shallow_and_partial_clones(tree: Worktree, project: str) -> None:
    for number in range(5):
        tree.commit(f"Number {number}", {"a.txt": str(number)})
    tree.push("main")

    shallow = tree.home.clone(project, "shallow", "--depth=2")
    partial = tree.home.clone(project, "partial", "--filter=blob:none")
    treeless = tree.home.clone(project, "treeless", "--filter=tree:0")

    assert shallow.git("rev-list", "--count", "HEAD").out.strip() == "2"
    assert partial.git("rev-list", "--count", "HEAD").out.strip() == "5"
    assert treeless.sha() == tree.sha()
    assert shallow.git("fetch", "--quiet", "origin", f"{tree.sha('HEAD~3')}:refs/heads/old").code == 0


def test_a_long_talk_is_sent_packed(tree: Worktree, project: str) -> None:
    """Git packs what it says as soon as it is longer than 1 KiB: a fetch that has much to tell."""
    for number in range(60):
        tree.commit(f"Number {number}")
    tree.push("main")
    clone = tree.home.clone(project, "clone")
    for number in range(60):
        later = {"GIT_COMMITTER_DATE": f"2037-01-01T00:{number:02}:00+00:00"}  # git names the latest first
        clone.git("commit", "--quiet", "--allow-empty", "-m", f"Own {number}", environment=later)
    sha = tree.commit("New")
    tree.push("main")

    said = clone.git("fetch", "origin", environment={"GIT_TRACE_CURL": "1"})

    assert "ontent-encoding: gzip" in said.err.lower().replace("content", "ontent")
    assert clone.sha("origin/main") == sha


def test_names_that_end_lines_elsewhere_are_names(running: RunningHouse, project: str, tree: Worktree) -> None:
    """A name may hold what text calls the end of a line; git refuses only the line feed."""
    sha = tree.commit("First")
    names = ["one\u2028two", "one\x85two"]
    tree.push("main", *(f"main:refs/heads/{name}" for name in names))

    assert {facts["ref"] for facts in pushed(running, project)} == {f"refs/heads/{name}" for name in ("main", *names)}
    assert bare(running, project)
    assert sha


def test_names_that_nobody_could_look_up_are_refused(running: RunningHouse, project: str, tree: Worktree) -> None:
    tree.commit("First")
    tree.push("main")

    for name in ("x" * 230, "/".join(["deep"] * 600)):
        assert "cannot be the name of a branch or tag here" in tree.push(f"main:refs/heads/{name}", expect=1).err
    assert len(pushed(running, project)) == 1
    tree.push("main:refs/heads/after")
    assert len(pushed(running, project)) == 2


def test_many_branches_at_once_are_all_written_down(running: RunningHouse, project: str, tree: Worktree) -> None:
    """More than one write takes in; nothing is lost between them, and the commits come once."""
    sha = tree.commit("First")
    for number in range(1, 702):
        (tree.folder / f".git/refs/heads/b{number}").write_text(sha + "\n")

    tree.push("--all")

    assert len(moved(running, project)) == 702
    assert received(running, project) == {sha: "First"}
