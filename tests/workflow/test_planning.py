"""What a workflow comes to: its beginning, its matrix, and which jobs may go."""

from collections.abc import Mapping
from dataclasses import replace
from textwrap import dedent

import pytest

from dure.kit import Invalid
from dure.workflow import (
    Event,
    ExpressionBroken,
    Finished,
    Job,
    JobInstance,
    MatrixBroken,
    Result,
    Workflow,
    decide,
    dispatch_inputs,
    expand,
    instance_contexts,
    not_reusable,
    parse_workflow,
    ready,
    runner_labels,
    step_runs,
    together,
    triggered,
)

NEW = "1" * 40
GONE = "0" * 40


def workflow(source: str) -> Workflow:
    return parse_workflow(dedent(source), "a.yml")


def on(words: str) -> Workflow:
    return workflow(f"on: {words}\njobs: {{a: {{runs-on: x}}}}\n")


def push(ref: str, *changed: str, message: str = "", after: str = NEW) -> Event:
    return Event("push", ref, message=message, before=GONE, after=after, changed_paths=changed or None)


@pytest.mark.parametrize(
    ("words", "event", "begins"),
    [
        ("push", push("refs/heads/main"), True),
        ("push", push("refs/tags/v1"), True),
        ("push", push("refs/notes/commits"), False),
        ("push", push("refs/heads/main", after=GONE), False),
        ("push", push("refs/heads/main", message="Fix it [skip CI]"), False),
        ("pull_request", push("refs/heads/main"), False),
        ("{push: {branches: [main]}}", push("refs/heads/main"), True),
        ("{push: {branches: [main]}}", push("refs/heads/other"), False),
        ("{push: {branches: [main]}}", push("refs/tags/main"), False),
        ("{push: {branches: ['**', '!old/**']}}", push("refs/heads/old/thing"), False),
        ("{push: {branches-ignore: [wip/*]}}", push("refs/heads/wip/x"), False),
        ("{push: {branches-ignore: [wip/*]}}", push("refs/heads/main"), True),
        ("{push: {branches-ignore: [wip/*]}}", push("refs/tags/v1"), False),
        ("{push: {tags: [v*]}}", push("refs/tags/v1"), True),
        ("{push: {tags: [v*]}}", push("refs/heads/v1"), False),
        ("{push: {tags: [v*], branches: [main]}}", push("refs/heads/main"), True),
        ("{push: {tags-ignore: [v*]}}", push("refs/tags/v1"), False),
        ("{push: {paths: ['src/**']}}", push("refs/heads/main", "docs/a", "src/b"), True),
        ("{push: {paths: ['src/**']}}", push("refs/heads/main", "docs/a"), False),
        ("{push: {paths: ['src/**']}}", push("refs/heads/main"), True),
        ("{push: {paths: ['src/**']}}", push("refs/tags/v1", "docs/a"), True),
        ("{push: {paths: ['**', '!docs/**']}}", push("refs/heads/main", "docs/a"), False),
        ("{push: {paths-ignore: ['docs/**']}}", push("refs/heads/main", "docs/a"), False),
        ("{push: {paths-ignore: ['docs/**']}}", push("refs/heads/main", "docs/a", "src/b"), True),
        ("{push: {branches: [main], paths: [a]}}", push("refs/heads/other", "a"), False),
        ("workflow_dispatch", Event("workflow_dispatch", "refs/heads/main"), True),
        ("push", Event("workflow_dispatch", "refs/heads/main"), False),
    ],
)
def test_an_event_begins_a_workflow_or_not_with_a_reason(words: str, event: Event, begins: bool) -> None:
    verdict = triggered(on(words), event)

    assert verdict.yes is begins
    assert str(verdict.why)


def happened(name: str, type: str = "", **more: str) -> Event:  # noqa: A002 - its name there
    return Event(name, type=type, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "event", "begins"),
    [
        ("pull_request", happened("pull_request", "opened", base="main"), True),
        ("pull_request", happened("pull_request", "closed", base="main"), False),
        ("pull_request", happened("pull_request", "opened", base="main", message="x [skip ci]"), False),
        ("pull_request_target", happened("pull_request_target", "opened", message="[skip ci]"), True),
        ("{pull_request: {types: [closed]}}", happened("pull_request", "closed", base="main"), True),
        ("{pull_request: {branches: [main]}}", happened("pull_request", "opened", base="refs/heads/main"), True),
        ("{pull_request: {branches: [main]}}", happened("pull_request", "opened", base="old", ref="main"), False),
        ("{pull_request: {branches-ignore: [old]}}", happened("pull_request", "opened", base="old"), False),
        ("{merge_group: {branches: [main]}}", happened("merge_group", "checks_requested", base="main"), True),
        ("issues", happened("issues", "labeled"), True),
        ("{issues: {types: [opened]}}", happened("issues", "labeled"), False),
        ("{issue_comment: {types: created}}", happened("issue_comment", "created"), True),
        ("{repository_dispatch: {types: [go]}}", happened("repository_dispatch", "go"), True),
        ("{repository_dispatch: {types: [go]}}", happened("repository_dispatch", "stop"), False),
        ("repository_dispatch", happened("repository_dispatch", "stop"), True),
        ("{workflow_run: {workflows: [Build]}}", happened("workflow_run", "completed", workflow="Build"), True),
        ("{workflow_run: {workflows: ['B*']}}", happened("workflow_run", "completed", workflow="Build"), True),
        ("{workflow_run: {workflows: [Test]}}", happened("workflow_run", "completed", workflow="Build"), False),
        (
            "{workflow_run: {workflows: [Build], branches: [main]}}",
            happened("workflow_run", "completed", workflow="Build", ref="refs/heads/old"),
            False,
        ),
        (
            "{workflow_run: {workflows: [Build], types: [requested]}}",
            happened("workflow_run", "completed", workflow="Build"),
            False,
        ),
        ("{schedule: [{cron: '0 0 * * *'}]}", happened("schedule"), True),
        ("push", happened("schedule"), False),
        ("workflow_call", happened("push", ref="refs/heads/main", after=NEW), False),
        ("[push, issues]", happened("create"), False),
    ],
)
def test_every_event_has_its_own_rules(words: str, event: Event, begins: bool) -> None:
    verdict = triggered(on(words), event)

    assert verdict.yes is begins, str(verdict.why)
    assert str(verdict.why)


def test_paths_hold_back_changes_too() -> None:
    event = Event("pull_request", type="opened", base="main", changed_paths=["docs/a.md"])

    assert not triggered(on("{pull_request: {paths: ['src/**']}}"), event).yes
    assert not triggered(on("{pull_request: {paths-ignore: ['docs/**']}}"), event).yes
    assert triggered(on("{pull_request: {paths: ['docs/**']}}"), event).yes


def test_the_answers_to_its_questions_are_typed() -> None:
    trigger = on(
        "{workflow_dispatch: {inputs: {n: {type: number, default: 2}, b: {type: boolean}, c: {type: choice,"
        " options: [x, y]}, s: {required: true}}}}"
    ).triggers.dispatch
    assert trigger is not None

    assert dispatch_inputs(trigger, {"s": "words"}) == {"n": 2, "b": False, "c": "x", "s": "words"}
    given = {"n": "1.5", "b": "TRUE", "c": "y", "s": "w"}
    assert dispatch_inputs(trigger, given) == {"n": 1.5, "b": True, "c": "y", "s": "w"}
    with pytest.raises(Invalid) as refusal:
        dispatch_inputs(trigger, {"n": "x", "b": "x", "c": "z", "more": "1"})
    assert set(refusal.value.fields) == {"n", "b", "c", "s", "more"}


def job(words: str) -> Job:
    return workflow(f"on: push\njobs:\n  build: {{runs-on: x, {words}}}\n").jobs["build"]


def matrices(words: str, **contexts: Mapping[str, str]) -> list[object]:
    found = expand(job(f"strategy: {{matrix: {words}}}"), {name: dict(value) for name, value in contexts.items()})
    return [instance.matrix for instance in found]


def test_a_job_without_a_matrix_is_one() -> None:
    assert expand(job("name: 'Build ${{ github.ref }}'"), {"github": {"ref": "main"}}) == (
        JobInstance("build", "build", "Build main", None, 0, 1, True, 1),
    )


def test_a_matrix_is_every_combination_less_what_is_excluded() -> None:
    assert matrices("{os: [a, b], n: [1, 2], exclude: [{os: b, n: 1}]}") == [
        {"os": "a", "n": 1},
        {"os": "a", "n": 2},
        {"os": "b", "n": 2},
    ]
    assert matrices("{os: [a, b], n: [1, 2], exclude: [{os: b}]}") == [{"os": "a", "n": 1}, {"os": "a", "n": 2}]
    assert matrices("{at: [{os: a, n: 1}, {os: b}], exclude: [{at: {os: a}}]}") == [{"at": {"os": "b"}}]


def test_a_matrix_includes_as_github_documents() -> None:
    found = matrices(
        "{fruit: [apple, pear], animal: [cat, dog], include: [{color: green}, {color: pink, animal: cat},"
        " {fruit: apple, shape: circle}, {fruit: banana}, {fruit: banana, animal: cat}]}"
    )

    assert found == [
        {"fruit": "apple", "animal": "cat", "color": "pink", "shape": "circle"},
        {"fruit": "apple", "animal": "dog", "color": "green", "shape": "circle"},
        {"fruit": "pear", "animal": "cat", "color": "pink"},
        {"fruit": "pear", "animal": "dog", "color": "green"},
        {"fruit": "banana"},
        {"fruit": "banana", "animal": "cat"},
    ]
    assert matrices("{include: [{a: 1}, {a: 2}]}") == [{"a": 1}, {"a": 2}]


def test_a_matrix_may_come_from_another_job() -> None:
    assert matrices("'${{ fromJSON(vars.M) }}'", vars={"M": '{"a": [1, 2]}'}) == [{"a": 1}, {"a": 2}]
    assert matrices("{a: '${{ fromJSON(vars.M) }}', b: ['${{ vars.B }}']}", vars={"M": "[1, 2]", "B": "x"}) == [
        {"a": 1, "b": "x"},
        {"a": 2, "b": "x"},
    ]


def test_a_matrix_holds_whatever_and_expressions_stand_for_keys_items_and_entries() -> None:
    known = {"M": '["y", "z"]', "E": '{"more": {"deep": true}}', "K": "size"}

    assert matrices("{a: [{env: {k: {deep: v}}}]}") == [{"a": {"env": {"k": {"deep": "v"}}}}]
    assert matrices("{a: [x, '${{ fromJSON(vars.M) }}']}", vars=known) == [{"a": "x"}, {"a": "y"}, {"a": "z"}]
    assert matrices("{'${{ vars.K }}': [1]}", vars=known) == [{"size": 1}]
    assert matrices("{a: [{b: 1, '${{ insert }}': '${{ fromJSON(vars.E) }}'}]}", vars=known) == [
        {"a": {"b": 1, "more": {"deep": True}}}
    ]


@pytest.mark.parametrize(
    "words",
    [
        "'${{ fromJSON(vars.nothing) }}'",
        "'${{ fromJSON(''[]'') }}'",
        "{a: '${{ fromJSON(''[]'') }}'}",
        "{a: '${{ vars.nothing }}'}",
        "{a: [1], exclude: [{a: 1}]}",
        "{include: '${{ fromJSON(''[1]'') }}'}",
        "{a: [1, 2, 3, 4, 5, 6, 7], b: [1, 2, 3, 4, 5, 6, 7], c: [1, 2, 3, 4, 5, 6, 7]}",
    ],
)
def test_a_matrix_that_comes_to_nothing_or_too_much_is_refused(words: str) -> None:
    with pytest.raises(MatrixBroken):
        matrices(words)


def test_instances_have_names_and_lasting_keys() -> None:
    first = expand(job("strategy: {max-parallel: 2, fail-fast: false, matrix: {os: [a, b], v: [3.10, {x: y}]}}"), {})
    again = expand(job("strategy: {matrix: {os: [b, a, a], v: [3.10]}}"), {})

    assert [one.name for one in first] == ["build (a, 3.1)", "build (a, y)", "build (b, 3.1)", "build (b, y)"]
    assert len({one.key for one in first}) == 4
    assert [one.key for one in again] == [first[2].key, first[0].key, f"{first[0].key}.2"]
    assert instance_contexts(first[3]) == {
        "matrix": {"os": "b", "v": {"x": "y"}},
        "strategy": {"fail-fast": False, "job-index": 3, "job-total": 4, "max-parallel": 2},
    }


def test_labels_come_from_the_matrix() -> None:
    asked = workflow("on: push\njobs: {a: {runs-on: ['${{ matrix.os }}', big]}}").jobs["a"]

    assert runner_labels(asked, {"matrix": {"os": "linux"}}) == ("linux", "big")
    assert runner_labels(asked, {"matrix": {"os": ["linux", "big"]}}) == ("linux", "big")
    with pytest.raises(ExpressionBroken):
        runner_labels(asked, {})


CHAIN = """\
    on: push
    jobs:
      first: {runs-on: x}
      second: {runs-on: x, needs: first}
      third: {runs-on: x, needs: [second]}
      always: {runs-on: x, needs: third, if: always()}
      after: {runs-on: x, needs: always}
      rescue: {runs-on: x, needs: third, if: failure()}
      stopped: {runs-on: x, needs: first, if: cancelled()}
      picky: {runs-on: x, needs: first, if: needs.first.outputs.go == 'yes'}
      apart: {runs-on: x}
      broken: {runs-on: x, needs: first, if: fromJSON(needs.first.outputs.go)}
    """


def words(results: Mapping[str, Result], *, cancelled: bool = False, **outputs: str) -> dict[str, str]:
    read = workflow(CHAIN)
    finished = {name: Finished(result, outputs) for name, result in results.items()}
    decisions = ready(read, finished, {}, cancelled=cancelled)
    assert all(str(decision.why) for decision in decisions)
    return {decision.job: decision.word for decision in decisions}


def test_jobs_wait_for_what_they_need() -> None:
    read = workflow(CHAIN)

    assert words({}) == {"first": "run", "apart": "run"}
    assert [decision.job for decision in ready(read, {}, {}, known=["first"])] == ["apart"]
    assert str(decide(read, read.jobs["third"], {}, {}).why) == "It waits for second."


def test_a_job_goes_when_all_before_it_succeeded() -> None:
    assert words({"first": "success"}, go="yes") == {
        "second": "run",
        "stopped": "skip",
        "picky": "run",
        "apart": "run",
        "broken": "fail",
    }
    assert words({"first": "success"}, go="")["picky"] == "skip"


def test_a_failure_skips_what_follows_until_somebody_asks_for_it() -> None:
    assert words({"first": "failure"}, go="yes")["second"] == "skip"
    assert words({"first": "failure"}, go="yes")["picky"] == "skip"
    later = words({"first": "failure", "second": "skipped", "third": "skipped"})
    assert (later["always"], later["rescue"]) == ("run", "run")


def test_a_success_after_a_failure_is_not_success_all_the_way() -> None:
    later = words({"first": "failure", "second": "skipped", "third": "skipped", "always": "success"})

    assert later["after"] == "skip"
    good = dict.fromkeys(("first", "second", "third", "always"), "success")
    assert words(dict.fromkeys(good, "success"))["after"] == "run"


def test_a_skipped_job_takes_along_those_that_wait_for_it() -> None:
    later = words({"first": "skipped"})

    assert (later["second"], later["picky"]) == ("skip", "skip")
    assert words({"first": "success", "second": "skipped"})["third"] == "skip"


def test_in_a_cancelled_run_only_those_go_that_ask_for_it() -> None:
    later = words({"first": "success", "third": "cancelled", "second": "cancelled"}, cancelled=True)

    assert later["apart"] == "skip"
    assert later["rescue"] == "skip"
    assert (later["stopped"], later["always"]) == ("run", "run")


def test_every_decision_says_why() -> None:
    read = workflow(CHAIN)

    def why(name: str, finished: Mapping[str, Finished]) -> str:
        return str(decide(read, read.jobs[name], finished, {}).why)

    assert why("first", {}) == "It waits for no other job."
    assert why("second", {"first": Finished("failure")}) == "first, which it waits for, failed."
    assert why("second", {"first": Finished("success")}) == "All that it waited for succeeded: first."
    assert why("third", {"second": Finished("skipped")}) == "second, which it waits for, was skipped."
    assert why("rescue", {"third": Finished("success")}) == "Its condition does not hold: failure()"


def test_the_instances_of_a_job_end_together() -> None:
    assert together(["success", "skipped"]) == "success"
    assert together(["success", "cancelled"]) == "cancelled"
    assert together(["cancelled", "failure", "success"]) == "failure"
    assert together([]) == "skipped"


def test_a_step_runs_by_how_its_job_has_gone() -> None:
    step = workflow("on: push\njobs: {a: {runs-on: x, steps: [{run: x}]}}").jobs["a"].steps[0]

    assert step_runs(step, "success", {}).yes
    assert str(step_runs(step, "failure", {}).why) == "A step before it failed."
    assert step_runs(replace(step, condition="failure()"), "failure", {}).yes
    assert step_runs(replace(step, condition="hashFiles('a') == ''"), "success", {}, lambda _: "").yes
    assert not step_runs(replace(step, condition="steps.a.outcome == 'success'"), "success", {}).yes


@pytest.mark.parametrize(
    ("checkout", "is_reusable"),
    [
        ("{uses: actions/checkout@v4}", True),
        ("{uses: actions/checkout@v4, with: {fetch-depth: 0}}", True),
        ("{uses: actions/checkout@v4, with: {ref: main}}", False),
        ("{uses: Actions/Checkout@v4, with: {Repository: acme/tools}}", False),
        ("{uses: actions/checkout@v4, with: {repository: acme/tools, ref: v1}}", False),
        (f"{{uses: actions/checkout@v4, with: {{repository: acme/tools, ref: {NEW!r}}}}}", True),
        ("{parallel: [{uses: actions/checkout@v4, with: {ref: main}}, {run: make}]}", False),
    ],
)
def test_work_is_not_taken_over_where_a_checkout_brings_what_changes_by_itself(
    checkout: str, is_reusable: bool
) -> None:
    found = workflow(f"on: push\njobs: {{a: {{runs-on: x, x-cache: {{inputs: ['**']}}, steps: [{checkout}]}}}}\n")
    assert (not_reusable(found.jobs["a"], {}) is None) is is_reusable
