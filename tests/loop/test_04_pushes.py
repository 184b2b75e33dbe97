"""Scenario 4: pushes that come at once, against the grain, and in the middle of a rollout."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from dure.demo import Shop, Visitors
from dure.kit import Refused
from dure.wire import ReleaseList, RunList
from tests.loop.app import SMALL, version, workflow
from tests.loop.whole import Project, Whole, soon

# One house for each file of this folder, so a file must not be spread over several processes.
pytestmark = pytest.mark.alone


@pytest.fixture(scope="module")
def shop(whole: Whole) -> Project:
    shop = whole.project("shop", SMALL)
    shop.phase(shop.push("feat: a bell"), "live")
    return shop


@pytest.fixture(scope="module")
def other(whole: Whole, shop: Project) -> Shop:
    """The working copy of somebody else."""
    copy = Shop(whole.folder / "other", shop.copy.remote, shop.copy.token)
    copy.folder.mkdir()
    copy.git("clone", "--quiet", "--origin", "dure", shop.copy.remote, ".")
    return copy


def test_of_two_pushes_to_one_branch_one_is_refused_and_comes_after(whole: Whole, shop: Project, other: Shop) -> None:
    (shop.copy.folder / "mine").write_text("mine\n")
    (other.folder / "theirs").write_text("theirs\n")
    shas = {copy: copy.commit("chore: at the same time") for copy in (shop.copy, other)}
    with ThreadPoolExecutor() as both:
        told = dict(zip(shas, both.map(pushed, shas), strict=True))
    (winner,) = [copy for copy, why in told.items() if not why]
    (loser,) = [copy for copy, why in told.items() if why]
    assert "rejected" in told[loser] or "fetch first" in told[loser] or "lock" in told[loser], told
    loser.git("pull", "--quiet", "--rebase", "dure", "main")
    loser.push()
    winner.git("pull", "--quiet", "--rebase", "dure", "main")
    sha = winner.git("rev-parse", "HEAD").strip()
    shop.phase(sha, "live", "replaced")
    for each in (shas[winner], sha):
        runs = whole.house.get(f"{shop.sight.base}/runs?sha={each}", RunList).runs
        assert len(runs) == 1


def pushed(copy: Shop) -> str:
    """Why it was refused; nothing if it was not."""
    try:
        copy.push()
    except Refused as refused:
        return str(refused)
    return ""


def test_two_branches_at_once_both_run(whole: Whole, shop: Project, other: Shop) -> None:
    shas = {}
    for copy, branch in ((shop.copy, "left"), (other, "right")):
        copy.git("checkout", "--quiet", "-b", branch)
        (copy.folder / branch).write_text("on a branch\n")
        shas[copy, branch] = copy.commit(f"feat: {branch}")
    with ThreadPoolExecutor() as both:
        list(both.map(lambda each: each[0].git("push", "--quiet", "dure", each[1]), shas))
    for (copy, _), sha in shas.items():
        assert shop.run_over(sha).state == "success"
        copy.git("checkout", "--quiet", "main")
    released = whole.house.get(f"{shop.sight.base}/releases", ReleaseList).releases
    assert not {one.sha for one in released} & set(shas.values())


def test_a_forced_push_is_the_new_truth(whole: Whole, shop: Project) -> None:
    """What was rewritten has been released already; the new history is released after it."""
    before = shop.copy.git("rev-parse", "HEAD").strip()
    shop.write(version("forced"))
    shop.copy.git("add", "--all")
    shop.copy.git("commit", "--quiet", "--amend", "--message", "fix: said differently")
    sha = shop.copy.git("rev-parse", "HEAD").strip()
    assert sha != before
    assert "rejected" in pushed(shop.copy)
    shop.copy.git("push", "--quiet", "--force", "dure", "main")
    shop.phase(sha, "live")
    released = whole.house.get(f"{shop.sight.base}/releases", ReleaseList).releases
    assert len({one.version for one in released}) == len(released)
    assert released[0].sha == sha


@pytest.fixture
def visitors(whole: Whole) -> Iterator[Visitors]:
    with Visitors(whole.house.traffic, "web.production.shop.localhost", 50) as visitors:
        yield visitors


def test_of_what_comes_during_a_rollout_the_newest_wins(whole: Whole, shop: Project, visitors: Visitors) -> None:
    slow = "{strategy: canary, steps: [50, 100], step_seconds: 12, enough_requests: 10}"
    first = shop.push("feat: a slow start", version("slow") | {"compose.yaml": compose_with(shop, slow)})
    shop.phase(first, "canary")
    second = shop.push("feat: overtaken", version("overtaken"))
    shop.phase(second, "waiting")
    third = shop.push("feat: the newest", version("newest"))
    shop.phase(third, "waiting")
    shop.phase(second, "superseded")
    number = shop.phase(first, "canary").number
    ended = whole.say("deployments", "promote", str(number))
    assert ended.code == 0, ended.err
    shop.phase(third, "canary", "promoting", "live")
    newest = shop.phase(third, "canary", "live")
    if newest.phase == "canary":
        whole.say("deployments", "promote", str(newest.number))
    shop.phase(third, "live")
    shop.phase(first, "replaced")
    assert visitors.seen.failed_by_platform == 0, visitors.seen.complaints
    places = [one.sha for one in shop.deployments("staging") if one.phase == "live"]
    assert places == [third]


def compose_with(shop: Project, rollout: str) -> str:
    lines = (shop.copy.folder / "compose.yaml").read_text().splitlines(keepends=True)
    return "".join(f"      rollout: {rollout}\n" if "rollout:" in line else line for line in lines)


def test_a_tag_breaks_nothing(whole: Whole, shop: Project) -> None:
    """Its workflow runs; nothing is released or deployed twice."""
    before = whole.house.get(f"{shop.sight.base}/releases", ReleaseList).releases
    deployed = len(shop.deployments("production"))
    sha = shop.copy.git("rev-parse", "HEAD").strip()
    shop.copy.git("tag", "-m", "a stone", "stone")
    shop.copy.git("tag", "pebble")
    shop.copy.git("push", "--quiet", "dure", "stone", "pebble")
    soon("the runs of the tags are over", lambda: over(whole, shop, sha) >= 3)
    assert whole.house.get(f"{shop.sight.base}/releases", ReleaseList).releases == before
    assert len(shop.deployments("production")) == deployed
    # A tag that the next release would take is taken already.
    shop.copy.git("tag", "v99.0.0")
    shop.copy.git("push", "--quiet", "dure", "v99.0.0")
    last = shop.push("fix: after the tags", version("tagged") | workflow("true"))
    soon("it is released", lambda: whole.house.get(f"{shop.sight.base}/releases", ReleaseList).releases[0].sha == last)
    shop.copy.git("push", "--quiet", "--delete", "dure", "stone")


def over(whole: Whole, shop: Project, sha: str) -> int:
    found = whole.house.get(f"{shop.sight.base}/runs?sha={sha}", RunList).runs
    return sum(run.state == "success" for run in found)


def test_an_empty_push_and_a_deleted_branch_break_nothing(whole: Whole, shop: Project) -> None:
    shop.copy.git("push", "--quiet", "dure", "main")
    shop.copy.git("push", "--quiet", "--delete", "dure", "left")
    shop.phase(shop.copy.git("rev-parse", "HEAD").strip(), "live", "canary")
    whole.expect_well()
