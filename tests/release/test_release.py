"""What is green is released: once, in order, with everything that it needs."""

import io
import tarfile
from functools import partial

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import func, select

from dure import code, plan, release
from dure.build.leaving import Left
from dure.build.runners import Holding, hand_in_artifact
from dure.kit import Missing
from dure.ledger import Entry, Work
from tests.build.wired import NOBODY
from tests.release.conftest import WORKFLOW, ReleaseYard

APP = "services: {web: {command: python3 web.py}}\n"


def test_a_green_commit_is_released_with_everything_it_needs(yard: ReleaseYard) -> None:
    sha = yard.green("feat: a shop", **{"web.py": "print()\n", "compose.yaml": APP})
    [made] = yard.releases()
    assert (made.version, made.sha, made.phase, made.app_file) == ("0.1.0", sha, "released", APP)
    assert "a shop" in made.changelog
    [source] = yard.read(lambda work: release.artifacts_of(work, made))
    with tarfile.open(fileobj=io.BytesIO(b"".join(yard.blobs.read(source.digest)))) as tree:
        assert {"web.py", "compose.yaml"} <= set(tree.getnames())
    assert yard.repositories.resolve(made.repository_id, "v0.1.0") is not None
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(made.signed_by))
    release.verify(made.provenance, key, [release.Subject(source.name, source.digest)])


def test_versions_follow_the_commits_and_each_tells_only_what_is_new(yard: ReleaseYard) -> None:
    yard.green("feat: a shop")
    yard.green("fix: a price", a="1")
    yard.green("feat: carts", a="2")
    newest, fix, first = yard.releases()
    assert [one.version for one in (first, fix, newest)] == ["0.1.0", "0.1.1", "0.2.0"]
    assert len(yard.read(lambda work: release.commits_of(work, newest))) == 1
    assert "a price" not in newest.changelog


def test_a_red_commit_is_not_released(yard: ReleaseYard) -> None:
    yard.push({".github/workflows/ci.yml": WORKFLOW}, "feat: a shop")
    yard.do_all({"test": "failure"})
    yard.go_on()
    assert yard.releases() == []


def test_a_commit_that_nothing_checks_waits_for_somebody(yard: ReleaseYard) -> None:
    sha = yard.push({"web.py": ""}, "feat: a shop")
    yard.go_on()
    assert yard.releases() == []
    yard.write(lambda work: release.make_release(work, yard.project, sha[:10]))
    yard.go_on()
    assert [one.version for one in yard.releases()] == ["0.1.0"]
    with pytest.raises(release.AlreadyReleased):
        yard.write(lambda work: release.make_release(work, yard.project, sha))


def test_what_is_red_is_not_released_by_hand_either(yard: ReleaseYard) -> None:
    sha = yard.push({".github/workflows/ci.yml": WORKFLOW}, "feat: a shop")
    yard.do_all({"test": "failure"})
    with pytest.raises(release.NotGreen):
        yard.write(lambda work: release.make_release(work, yard.project, sha))
    with pytest.raises(Missing):
        yard.write(lambda work: release.make_release(work, yard.project, "0" * 40))


def test_another_branch_is_not_released(yard: ReleaseYard) -> None:
    yard.green("feat: a shop")
    yard.push({"b": "1"}, "feat: on a branch", branch="topic")
    yard.do_all()
    yard.go_on()
    assert len(yard.releases()) == 1


def test_a_commit_that_a_newer_release_contains_is_passed_over(yard: ReleaseYard) -> None:
    older = yard.push({".github/workflows/ci.yml": WORKFLOW}, "feat: one")
    newer = yard.push({"a": "2"}, "feat: two")
    for sha in (newer, older):
        turn_green(yard, sha)
    assert [one.sha for one in yard.releases()] == [newer]
    assert len(yard.read(lambda work: release.commits_of(work, yard.releases()[0]))) == 2


def turn_green(yard: ReleaseYard, sha: str) -> None:
    def set_all(work: Work) -> None:
        for check in code.checks_of(work, yard.project, sha):
            code.set_check(work, yard.project, sha, name=check.name, state="success")

    yard.write(set_all)
    yard.go_on()


def test_a_version_that_somebody_tagged_by_hand_is_not_given_again(yard: ReleaseYard) -> None:
    yard.push({"a": "1"}, "feat: before")
    yard.git("tag", "v0.7.0")
    yard.git("push", "-q", "origin", "v0.7.0")
    yard.green("feat: a shop")
    assert [(one.version, one.phase) for one in yard.releases()] == [("0.8.0", "released")]


def test_it_is_told_once(yard: ReleaseYard) -> None:
    yard.green("feat: a shop")
    yard.go_on()
    told = select(func.count()).select_from(Entry).where(Entry.kind == "release.released")
    assert yard.read(lambda work: work.session.scalar(told)) == 1


def test_nothing_that_a_job_left_takes_the_place_of_the_source(yard: ReleaseYard) -> None:
    yard.push({".github/workflows/ci.yml": WORKFLOW, "web.py": "print(1)\n"}, "feat: a shop")
    order = yard.take()
    forged = "sha256:" + "0" * 64
    held = Holding(yard.runner(), order.job_id, 1)
    for name in (release.SOURCE, "notes"):
        yard.house.write_now(NOBODY, partial(hand_in_artifact, held=held, left=Left(name, forged, 1)))
    yard.end(order)
    yard.go_on()

    [made] = yard.releases()
    files = {one.name: one.digest for one in yard.read(lambda work: release.artifacts_of(work, made))}
    assert files["notes"] == forged
    with tarfile.open(fileobj=io.BytesIO(b"".join(yard.blobs.read(files[release.SOURCE])))) as tar:
        assert "web.py" in tar.getnames()


@pytest.mark.parametrize("words", ["x" * 400_000, "services: \0\n"])
def test_whatever_the_app_file_holds_there_is_a_release(yard: ReleaseYard, words: str) -> None:
    yard.green("feat: a shop", **{"compose.yaml": words})
    [made] = yard.releases()
    assert made.is_released
    assert "\0" not in (made.app_file or "")


def test_a_release_that_there_never_was(yard: ReleaseYard) -> None:
    with pytest.raises(Missing):
        yard.read(lambda work: release.release_with(work, 999))


def test_workflows_hear_of_a_release_at_its_tag(yard: ReleaseYard) -> None:
    after = "on: {release: {types: [published]}}\njobs: {a: {runs-on: linux, steps: [{run: a}]}}\n"
    sha = yard.green("feat: a shop", **{".github/workflows/after.yml": after})
    yard.go_on()
    [made] = yard.releases()
    [run] = [run for run in yard.runs() if run.event == "release"]
    assert (run.sha, run.ref, run.title) == (sha, "refs/tags/v0.1.0", "v0.1.0")
    told = run.known()["github"]["event"]
    assert (told["action"], told["release"]["tag_name"], told["release"]["body"]) == (
        "published",
        "v0.1.0",
        made.changelog,
    )
    assert [asset["name"] for asset in told["release"]["assets"]] == ["source.tar"]
    checks = yard.read(lambda work: code.checks_of(work, yard.project, sha))
    assert [check.name for check in checks] == ["build/.github/workflows/ci.yml"]


def test_what_an_issue_begins_says_nothing_of_the_commit(yard: ReleaseYard) -> None:
    flow = "on: issues\njobs: {a: {runs-on: linux, steps: [{run: a}]}}\n"
    sha = yard.push({".github/workflows/a.yml": flow})
    yard.write(lambda work: plan.open_issue(work, yard.project, title="x"))
    yard.go_on()
    assert yard.do_all() == ["a"]
    yard.go_on()
    assert yard.read(lambda work: code.checks_of(work, yard.project, sha)) == []
    assert yard.releases() == []
