"""Branches that come and go, and workflows that follow others."""

from dure import build
from dure.build.planning.beginning import CHAIN_MAX
from tests.build.test_events import begun, flow, github
from tests.build.wired import Yard


def files(**flows: str) -> dict[str, str]:
    return {f".github/workflows/{name}.yml": f"name: {name}\n{flow(on)}" for name, on in flows.items()}


def follows(*names: str, more: str = "") -> str:
    return f"{{workflow_run: {{workflows: [{', '.join(names)}]{more}}}}}"


def started(yard: Yard) -> list[tuple[str, str]]:
    return [(run.workflow_name, run.event) for run in yard.runs()]


def test_a_branch_that_is_made_begins_there(yard: Yard) -> None:
    yard.push(files(a="create"))
    assert begun(yard) == [("create", "")]

    sha = yard.push({"a": "b"}, branch="feature/x")
    run = yard.run(2)
    assert (run.event, run.sha, run.ref) == ("create", sha, "refs/heads/feature/x")
    event = github(yard, 2)["event"]
    assert (event["ref"], event["ref_type"], event["master_branch"]) == ("feature/x", "branch", "main")

    yard.push({"a": "c"}, branch="feature/x")
    assert len(yard.runs()) == 2


def test_a_tag_that_is_made_and_removed(yard: Yard) -> None:
    sha = yard.push(files(a="[create, delete]"))
    yard.git("tag", "v1")
    yard.git("push", "-q", "origin", "v1")
    yard.received()
    run = yard.run(2)
    assert (run.event, run.sha, run.ref, github(yard, 2)["event"]["ref_type"]) == ("create", sha, "refs/tags/v1", "tag")

    yard.git("push", "-q", "origin", ":v1")
    yard.received()
    run = yard.run(3)
    assert (run.event, run.sha, run.ref) == ("delete", sha, "refs/heads/main")
    assert (github(yard, 3)["event"]["ref"], github(yard, 3)["event"]["ref_type"]) == ("v1", "tag")


def test_a_workflow_follows_another_when_it_is_over(yard: Yard) -> None:
    sha = yard.push(files(ci="push", after=follows("ci", more=", types: [completed]")))
    assert started(yard) == [("ci", "push")]

    yard.do_all()
    yard.carry_on()
    assert started(yard) == [("ci", "push"), ("after", "workflow_run")]
    told = github(yard, 2)["event"]
    assert told["action"] == "completed"
    assert told["workflow_run"]["conclusion"] == "success"
    assert (told["workflow_run"]["head_sha"], told["workflow_run"]["run_number"]) == (sha, 1)
    assert told["workflow"]["name"] == "ci"
    assert yard.run(2).actor_name == "ada"


def test_by_default_it_follows_each_of_its_turns(yard: Yard) -> None:
    yard.push(files(ci="push", after=follows("ci")))
    yard.do_all()
    yard.carry_on()

    kinds = [github(yard, run.number)["event"]["action"] for run in yard.runs() if run.event == "workflow_run"]
    assert sorted(kinds) == ["completed", "in_progress", "requested"]


def test_a_follower_begins_on_the_default_branch_for_the_branches_it_names(yard: Yard) -> None:
    flows = files(ci="push", after=follows("ci", more=", types: [completed], branches: ['release/**']"))
    sha = yard.push(flows)
    yard.push({"a": "b"}, branch="release/1")
    yard.push({"a": "c"}, branch="other")
    yard.do_all()
    yard.carry_on()

    (run,) = [run for run in yard.runs() if run.event == "workflow_run"]
    assert (run.sha, run.ref) == (sha, "refs/heads/main")
    assert github(yard, run.number)["event"]["workflow_run"]["head_branch"] == "release/1"


def test_a_chain_has_an_end(yard: Yard) -> None:
    yard.push(files(ci="push", itself=follows("ci", "itself", more=", types: [completed]")))
    for _ in range(10):
        yard.do_all()
        yard.carry_on()

    assert len(yard.runs()) == 1 + CHAIN_MAX


def test_a_repeated_run_is_followed_again(yard: Yard) -> None:
    yard.push(files(ci="push", after=follows("ci", more=", types: [completed]")))
    yard.do_all()
    yard.carry_on()
    yard.write(lambda work: build.rerun(work, build.run_of(work, yard.project, 1)))
    yard.do_all()
    yard.carry_on()

    assert [each["run_attempt"] for each in [github(yard, n)["event"]["workflow_run"] for n in (2, 3)]] == [1, 2]
