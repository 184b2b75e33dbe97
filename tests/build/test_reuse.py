"""Work that is not done twice, in a repository of a hundred services."""

import hashlib
import time
from collections.abc import Callable

import msgspec
import pytest

from dure import plan
from dure.build import ActionRules, put_project_secret, put_variable, rerun, run_of
from dure.build.leaving import Left, artifacts_of, keep_artifact
from dure.build.reuse import bring_artifact, put_result, result_with
from dure.build.run import Job
from dure.code import create_repository
from dure.kit import Forbidden, Missing
from dure.ledger import HOUSE, Work
from dure.people import Role
from dure.storage.sweeping import named_in
from dure.workflow import KeyFacts, job_key, parse_workflow
from tests.build.test_environments import someone
from tests.build.wired import Yard
from tests.plan.visitor import Visitor

SERVICES = [f"s{number:03}" for number in range(100)]
MATRIX = f"""
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    strategy: {{matrix: {{service: [{", ".join(SERVICES)}]}}}}
    x-cache: {{inputs: ["services/${{{{ matrix.service }}}}/**", "shared/**", "!**/*.md"]}}
    outputs: {{made: "${{{{ steps.x.outputs.made }}}}"}}
    steps: [{{run: "make ${{{{ matrix.service }}}} ${{{{ secrets.KEY }}}} ${{{{ vars.LEVEL }}}}"}}]
"""


def services(words: str = MATRIX) -> dict[str, str]:
    files = {f"services/{name}/main.py": f"print({name!r})" for name in SERVICES}
    return {**files, "shared/base.py": "1", ".github/workflows/ci.yml": words}


def done(yard: Yard) -> list[str]:
    """What had to be done, and whatever is weighed meanwhile."""
    found: list[str] = []
    while (order := yard.claim()) is not None:
        yard.taken(order)
        yard.end(order, outputs={"made": f"by run {order.run_id}"})
        found.append(order.name)
        yard.carry_on()
    return found


def test_a_change_in_one_of_a_hundred_services_runs_one_job(yard: Yard) -> None:
    yard.push(services())
    assert len(done(yard)) == 100
    yard.push({"services/s042/main.py": "print('new')"})
    states = yard.states(2)
    assert (states["build (s042)"], list(states.values()).count("success")) == ("queued", 99)
    assert done(yard) == ["build (s042)"]
    assert yard.run(2).state == "success"
    job = yard.jobs(2)["build (s007)"]
    assert (job.reused_from, str(job.reason), job.given) == (1, "Reused from run 1.", {"made": "by run 1"})
    assert job.reused_job == yard.jobs(1)["build (s007)"].id

    yard.push({"services/s001/README.md": "not an input", "elsewhere": "x"})
    assert (done(yard), yard.run(3).state) == ([], "success")
    yard.push({"shared/base.py": "2"})
    assert len(done(yard)) == 100


CHAIN = """
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    x-cache: {inputs: ["a/**"]}
    outputs: {made: x}
    steps: [{run: a}]
  b:
    needs: a
    runs-on: ubuntu-latest
    x-cache: {inputs: ["b/**"]}
    steps: [{run: "b ${{ secrets.KEY }} ${{ vars.LEVEL }}"}]
  always: {needs: b, runs-on: ubuntu-latest, steps: [{run: c}]}
"""


def test_whatever_a_job_depends_on_changes_its_key(yard: Yard) -> None:
    def put(value: str) -> None:
        yard.write(lambda work: put_project_secret(work, yard.keys, yard.project, "KEY", value))

    yard.push({".github/workflows/ci.yml": CHAIN, "a/x": "1", "b/x": "1"})
    assert done(yard) == ["a", "b", "always"]
    yard.push({"c": "1"})
    assert done(yard) == ["always"]
    yard.push({"a/x": "2"})
    assert done(yard) == ["a", "b", "always"], "what needs it is done anew as well"
    put("first value")
    yard.push({"c": "2"})
    assert done(yard) == ["b", "always"]
    put("second value")
    yard.push({"c": "3"})
    assert done(yard) == ["b", "always"]
    yard.write(lambda work: put_variable(work, yard.project, "LEVEL", "1"))
    yard.push({"c": "4"})
    assert done(yard) == ["b", "always"]
    yard.write(lambda work: put_variable(work, yard.project, "OTHER", "1"))
    yard.push({".github/workflows/ci.yml": CHAIN.replace("{run: a}", "{run: a2}")})
    assert done(yard) == ["a", "b", "always"]


def test_an_action_of_an_owner_that_the_setting_names_is_an_input(yard: Yard) -> None:
    def make(work: Work) -> int:
        project = plan.make_project(work, owner="tools", name="act", title="")
        return create_repository(work, project).id

    bare = yard.repositories.path(yard.house.write_now(HOUSE, make))
    yard.rules = ActionRules(("tools",))
    steps = "[{uses: tools/act@main}]"
    words = f"on: push\njobs:\n  a: {{runs-on: ubuntu-latest, x-cache: {{inputs: [a]}}, steps: {steps}}}\n"
    yard.push({".github/workflows/ci.yml": words})
    assert done(yard) == ["a"]
    yard.push({"b": "1"})
    assert done(yard) == []
    yard.git("push", "-q", str(bare), "HEAD:refs/heads/main")
    yard.push({"b": "2"})
    assert done(yard) == ["a"]


def test_again_means_again(yard: Yard) -> None:
    yard.push({".github/workflows/ci.yml": CHAIN, "a/x": "1"})
    done(yard)
    yard.write(lambda work: rerun(work, run_of(work, yard.project, 1)))
    yard.carry_on()
    assert done(yard) == ["a", "b", "always"]


def test_artifacts_come_along_as_long_as_they_are_there(yard: Yard) -> None:
    digest = "sha256:" + "0" * 64
    yard.push({".github/workflows/ci.yml": CHAIN, "a/x": "1"})
    order = yard.take()

    def leave(work: Work) -> None:
        run = run_of(work, yard.project, 1)
        keep_artifact(work, run, yard.jobs()["a"], Left("made", digest, 7))

    yard.write(leave)
    yard.end(order)
    yard.carry_on()
    done(yard)
    yard.push({"c": "1"})
    [artifact] = yard.read(lambda work: artifacts_of(work, run_of(work, yard.project, 2)))
    assert (artifact.name, artifact.digest, artifact.job_id) == ("made", digest, yard.jobs(2)["a"].id)

    def forget(work: Work) -> None:
        for number in (1, 2):
            for artifact in artifacts_of(work, run_of(work, yard.project, number)):
                work.session.delete(artifact)

    yard.write(forget)
    yard.push({"c": "2"})
    assert "a" in done(yard)


def test_a_branch_takes_over_from_the_default_branch_and_not_the_other_way_round(yard: Yard) -> None:
    yard.push({".github/workflows/ci.yml": CHAIN, "a/x": "1"})
    done(yard)
    yard.push({"c": "1"}, branch="topic")
    assert done(yard) == ["always"]
    yard.push({"a/x": "2"}, branch="topic")
    assert done(yard) == ["a", "b", "always"]
    yard.push({"c": "2"}, branch="topic")
    assert done(yard) == ["always"]
    yard.push({"c": "3"}, branch="main")
    assert done(yard) == ["a", "b", "always"]


@pytest.mark.parametrize(
    "more", ["environment: production", "permissions: {contents: write}", "permissions: write-all"]
)
def test_what_deploys_or_writes_is_always_done(yard: Yard, more: str) -> None:
    words = CHAIN.replace("  a:\n", f"  a:\n    {more}\n")
    for number in range(2):
        yard.push({".github/workflows/ci.yml": words, "c": str(number)})
        assert done(yard)[0] == "a"


def test_a_result_from_elsewhere_counts_when_a_maintainer_brought_it(yard: Yard) -> None:
    yard.push({".github/workflows/ci.yml": CHAIN, "a/x": "1"})
    key = yard.jobs()["a"].cache_key
    assert len(key) == 64
    with pytest.raises(Missing):
        yard.read(lambda work: result_with(work, yard.project, key))
    yard.write(lambda work: put_result(work, yard.project, key, {"made": "on a laptop"}))
    yard.push({"c": "1"})
    job = yard.jobs(2)["a"]
    assert (job.state, job.given, str(job.reason)) == (
        "success",
        {"made": "on a laptop"},
        "It was done elsewhere, by ada.",
    )


def test_the_key_is_the_same_everywhere_and_does_not_know_where_a_job_stands() -> None:
    first, second = (parse_workflow(words, "ci.yml").jobs["a"] for words in (CHAIN, f"# a comment\n{CHAIN}"))
    assert first.line != second.line
    assert job_key(KeyFacts(first)) == job_key(KeyFacts(second))
    kept = msgspec.json.decode(msgspec.json.encode(first), type=type(first))
    assert job_key(KeyFacts(first)) == job_key(KeyFacts(kept)), "kept with a run it is the same"
    assert job_key(KeyFacts(first)) != job_key(KeyFacts(first, files={"a": "1"}))
    assert job_key(KeyFacts(first, labels=["x", "y"])) == job_key(KeyFacts(first, labels=["y", "x"]))


def test_over_http(yard: Yard, ada: Visitor) -> None:
    here = f"/projects/ada/shop/job-results/{'0' * 64}"
    assert ada.api("GET", here).status == 404
    told = {"outputs": {"a": "b"}, "run": 0, "artifacts": {}, "url": "", "by": "ada", "kinds": {}}
    assert ada.api("PUT", here, {"outputs": {"a": "b"}}).json == told
    assert ada.api("GET", here).json == told
    assert ada.api("PUT", here[:-1], {}).status == 422
    yard.push({".github/workflows/ci.yml": CHAIN})
    key = ""
    end = time.monotonic() + 10
    while len(key) != 64 and time.monotonic() < end:
        key = yard.jobs()["a"].cache_key if yard.runs() else ""
    yard.end(yard.take(), outputs={"made": "x"})
    found = ada.api("GET", f"/projects/ada/shop/job-results/{key}").json
    assert (found["run"], found["url"]) == (1, f"/ada/shop/runs/1/jobs/{yard.jobs()['a'].id}")
    assert ada.api("PUT", f"/projects/ada/shop/job-results/{key}", {"outputs": {}}).json == found, (
        "the house's own stays"
    )
    assert ada.api("GET", "/projects/ada/shop/runs/1").json["jobs"][0]["reused_from"] is None


def test_a_tag_is_not_trusted_with_the_results_of_all(yard: Yard) -> None:
    """Whoever may not push to a protected branch may still tag what they like."""
    yard.push({"a/x": "1", "b/x": "1", "tool": "good"}, "First", "other")
    yard.git("checkout", "-q", "-B", "aside")
    words = CHAIN.replace("on: push", "on: {push: {branches: [main], tags: ['*']}}")
    yard.push({".github/workflows/ci.yml": words, "tool": "poisoned"}, "Second", "aside")
    yard.git("push", "-q", "origin", "HEAD:refs/tags/v1")
    yard.received()
    assert done(yard) == ["a", "b", "always"]
    yard.git("commit", "-q", "--allow-empty", "-m", "Third")
    yard.push({"tool": "good"}, "Third", "main")
    assert done(yard) == ["a", "b", "always"]


def test_what_is_taken_over_ends_as_what_was_left(yard: Yard) -> None:
    yard.push({".github/workflows/ci.yml": CHAIN, "a/x": "1", "b/x": "1"})
    order = yard.take()

    def leave(work: Work) -> None:
        run = run_of(work, yard.project, 1)
        keep_artifact(work, run, work.session.get_one(Job, order.job_id), Left("app", "sha256:" + "0" * 64, 1, days=5))

    yard.write(leave)
    yard.end(order)
    done(yard)
    yard.push({"elsewhere": "1"})
    [kept] = yard.read(lambda work: artifacts_of(work, run_of(work, yard.project, 2)))
    assert kept.expires_at is not None
    assert (kept.expires_at - kept.kept_at).days in (4, 5)


def until(holds: Callable[[], object]) -> None:
    """The machines are carried on by threads beside a site."""
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_the_page_of_a_job_leads_to_the_log_of_who_did_the_work(yard: Yard, ada: Visitor) -> None:
    yard.push({".github/workflows/ci.yml": CHAIN, "a/x": "1", "b/x": "1"})
    until(lambda: yard.runs() and len(yard.jobs()["a"].cache_key) == 64)
    yard.end(yard.take())
    yard.push({"elsewhere": "1"})
    until(lambda: len(yard.runs()) == 2 and yard.jobs(2)["a"].state == "success")
    theirs, mine = yard.jobs(1)["a"], yard.jobs(2)["a"]
    link = f"/ada/shop/runs/1/jobs/{theirs.id}"

    assert f'href="{link}"' in ada.get("/ada/shop/runs/2").text
    assert f'href="{link}"' in ada.get(f"/ada/shop/runs/2/jobs/{mine.id}").text
    told = {job["name"]: job for job in ada.api("GET", "/projects/ada/shop/runs/2").json["jobs"]}
    assert told["a"]["reused_url"] == link
    assert ada.get(link).status == 200


def test_artifacts_from_a_laptop_are_there_for_the_jobs_of_a_run(yard: Yard, ada: Visitor) -> None:
    yard.push({".github/workflows/ci.yml": CHAIN, "a/x": "1", "b/x": "1"})
    until(lambda: yard.runs() and len(yard.jobs()["a"].cache_key) == 64)
    key = yard.jobs()["a"].cache_key
    here, digest = f"/projects/ada/shop/job-results/{key}", f"sha256:{hashlib.sha256(b'made').hexdigest()}"
    assert ada.api("PUT", here, {"outputs": {}, "artifacts": {"app": digest}}).status == 422, "first the bytes"
    brought = ada.ask("PUT", f"/api/v1{here}/artifacts/app", b"made", Content_Type="application/octet-stream")
    assert brought.status == 200, brought.text
    assert ada.api("PUT", here, {"outputs": {"made": "x"}, "artifacts": {"app": digest}}).status == 200
    assert ada.get(f"/api/v1{here}/artifacts/app").body == b"made"

    assert yard.read(lambda work: digest in named_in(work, [digest])), "what is named is not swept away"
    yard.push({"elsewhere": "1"})
    until(lambda: len(yard.runs()) == 2 and yard.jobs(2)["a"].state == "success")
    [kept] = yard.read(lambda work: artifacts_of(work, run_of(work, yard.project, 2)))
    assert (kept.name, kept.digest, kept.expires_at is not None) == ("app", digest, True)
    assert yard.jobs(2)["a"].reused_by == "ada"


SAYING = """
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    if: github.sha != ''
    x-cache: {{inputs: ["a/**"]}}
    steps: [{{run: "{run}"}}]
"""


@pytest.mark.parametrize(
    ("run", "again"),
    [
        ("see https://github.com/x for github", False),
        ("echo ${{ github.ref_name }}", False),
        ("echo $GITHUB_REF $GITHUB_OUTPUT", False),
        ("echo ${{ github.sha }}", True),
        ("echo ${{ github.event.head_commit.id }}", True),
        ("echo ${{ github['run_number'] }}", True),
        ("echo ${{ toJSON(github) }}", True),
        ("echo $GITHUB_SHA", True),
        ("cat $GITHUB_EVENT_PATH", True),
    ],
)
def test_what_steps_ask_of_the_run_counts(yard: Yard, run: str, again: bool) -> None:
    for number in range(2):
        yard.push({".github/workflows/ci.yml": SAYING.format(run=run), "c": str(number)})
        assert (done(yard) == ["a"]) == (number == 0 or again)


def test_a_developer_may_ask_for_results_and_bring_none(yard: Yard) -> None:
    key, left = "0" * 64, Left("app", "sha256:" + "0" * 64, 1)
    developer = someone(yard, "dev", Role.DEVELOPER)
    with pytest.raises(Forbidden):
        yard.house.write_now(developer, lambda work: put_result(work, yard.project, key, {}))
    with pytest.raises(Forbidden):
        yard.house.write_now(developer, lambda work: bring_artifact(work, yard.project, key, left))
    yard.write(lambda work: put_result(work, yard.project, key, {"a": "b"}))
    assert yard.house.read_now(developer, lambda work: result_with(work, yard.project, key)).given == {"a": "b"}
    outsider = someone(yard, "out", None)
    with pytest.raises((Forbidden, Missing)):
        yard.house.read_now(outsider, lambda work: result_with(work, yard.project, key))
