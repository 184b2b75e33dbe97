"""The parts of the syntax that came later: events, calls, containers, environments, steps side by side, insertions."""

from textwrap import dedent, indent

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from dure.workflow import (
    CacheInputs,
    CallInput,
    CallSecret,
    CallTrigger,
    Concurrency,
    Container,
    DispatchInput,
    Environment,
    EventFilter,
    ExpressionBroken,
    Job,
    Schedule,
    Strategy,
    Workflow,
    WorkflowBroken,
    examine,
    joined,
    parse_workflow,
    resolve_texts,
)

ONE_JOB = "\njobs: {one: {runs-on: x}}\n"


def workflow(source: str) -> Workflow:
    return parse_workflow(dedent(source), "a.yml")


def job(words: str) -> Job:
    """The one job of a workflow, from its keys."""
    return parse_workflow("on: push\njobs:\n  one:\n" + indent(dedent(words), "    "), "a.yml").jobs["one"]


def test_events_are_read_with_all_that_narrows_them() -> None:
    found = workflow(
        """\
        on:
          pull_request: {types: [opened, closed], branches: main, paths-ignore: ['docs/**']}
          issues:
          release: {types: published}
          workflow_run: {workflows: [Build, Test], types: completed, branches-ignore: [wip/*]}
          repository_dispatch: {types: [go, stop]}
          merge_group: {types: [checks_requested], branches: [main]}
          image_version: {names: [one], versions: ['1.*']}
          schedule:
            - {cron: '*/5 * * * *'}
            - cron: 0 4 * JAN-MAR mon
              timezone: Asia/Seoul
        jobs: {one: {runs-on: x}}
        """
    ).triggers

    assert found.events == {
        "pull_request": EventFilter(("opened", "closed"), ("main",), paths_ignore=("docs/**",)),
        "issues": EventFilter(),
        "release": EventFilter(("published",)),
        "workflow_run": EventFilter(("completed",), branches_ignore=("wip/*",), workflows=("Build", "Test")),
        "repository_dispatch": EventFilter(("go", "stop")),
        "merge_group": EventFilter(("checks_requested",), ("main",)),
        "image_version": EventFilter(names=("one",), versions=("1.*",)),
    }
    assert found.schedules == (Schedule("*/5 * * * *", None, 10), Schedule("0 4 * JAN-MAR mon", "Asia/Seoul", 11))


def test_what_is_asked_of_people_and_of_callers_is_read() -> None:
    found = workflow(
        """\
        on:
          workflow_dispatch:
            inputs:
              depth: {type: number, default: 3, deprecationMessage: Say level}
              nothing:
          workflow_call:
            inputs:
              name: {type: string, required: true, description: Whose}
              loud: {type: boolean, default: '${{ vars.LOUD }}'}
            secrets: {key: {required: true}, other: }
            outputs: {made: {value: '${{ jobs.one.outputs.made }}'}}
        jobs: {one: {runs-on: x}}
        """
    ).triggers

    assert found.dispatch is not None
    assert found.dispatch.inputs == {
        "depth": DispatchInput("number", default=3, deprecation="Say level"),
        "nothing": DispatchInput(),
    }
    assert found.call == CallTrigger(
        {
            "name": CallInput("string", "Whose", True, line=8),
            "loud": CallInput("boolean", default="${{ vars.LOUD }}", line=9),
        },
        {"key": CallSecret(required=True), "other": CallSecret()},
        {"made": "${{ jobs.one.outputs.made }}"},
    )


def test_a_job_may_call_a_workflow() -> None:
    found = job(
        """\
        uses: acme/tools/.github/workflows/build.yml@v1
        with: {count: 3, loud: true, name: '${{ github.ref }}', nothing: }
        secrets: {key: '${{ secrets.KEY }}'}
        """
    )

    assert (found.uses, found.runs_on.labels) == ("acme/tools/.github/workflows/build.yml@v1", ())
    assert found.with_ == {"count": 3, "loud": True, "name": "${{ github.ref }}", "nothing": ""}
    assert found.secrets == {"key": "${{ secrets.KEY }}"}
    assert job("uses: ./.github/workflows/a.yml\nsecrets: inherit\n").secrets == "inherit"
    assert job("uses: $/.github/workflows/a.yml\n").secrets is None


def test_containers_services_and_an_environment_are_read() -> None:
    found = job(
        """\
        runs-on: x
        container: {image: 'node:${{ matrix.n }}', env: {A: 1}, ports: [80], credentials: {username: u, password: p}}
        services:
          db: {image: 'postgres:16', options: --health, entrypoint: /run, command: it}
          cache: redis
          other: ${{ fromJSON(vars.IT) }}
        environment: {name: live, url: 'https://${{ steps.a.outputs.host }}', deployment: false}
        concurrency: {group: live, queue: max}
        cancel-timeout-minutes: 2
        snapshot: {image-name: it, version: '1.*'}
        x-cache: {inputs: ['src/**']}
        x-strangers: {as: they like}
        """
    )

    assert found.container == Container("node:${{ matrix.n }}", {"username": "u", "password": "p"}, {"A": "1"}, ("80",))
    assert found.services == {
        "db": Container("postgres:16", options="--health", entrypoint="/run", command="it"),
        "cache": Container("redis"),
        "other": "${{ fromJSON(vars.IT) }}",
    }
    assert found.environment == Environment("live", "https://${{ steps.a.outputs.host }}", False)
    assert found.concurrency == Concurrency("live", False, "max")
    assert (found.cancel_timeout_minutes, found.snapshot) == (2, {"image-name": "it", "version": "1.*"})
    assert found.cache == CacheInputs(("src/**",))
    assert job("runs-on: x\ncontainer: alpine\n").container == Container("alpine")
    assert job("runs-on: x\ncontainer: ''\nenvironment: ''\n").container is None
    assert job("runs-on: x\nenvironment: '${{ vars.WHERE }}'\n").environment == Environment("${{ vars.WHERE }}")


def test_steps_may_run_side_by_side() -> None:
    first, second, waiting, ending, all_of_them, group = job(
        """\
        runs-on: x
        steps:
          - {id: a, run: serve, background: true}
          - {id: b, uses: docker://alpine, background: true}
          - {wait: [a, b], continue-on-error: true}
          - cancel: a
          - wait-all:
          - parallel: [{run: one}, {uses: ./two, with: {Deep: 1}}]
        """
    ).steps

    assert (first.background, second.uses, second.background) == (True, "docker://alpine", True)
    assert (waiting.wait, waiting.continue_on_error, ending.cancel, all_of_them.wait_all) == (
        ("a", "b"),
        True,
        ("a",),
        True,
    )
    assert [(step.run, step.uses, step.with_) for step in group.parallel] == [
        ("one", None, {}),
        (None, "./two", {"Deep": "1"}),
    ]


def test_expressions_stand_for_whole_mappings_and_keys() -> None:
    found = job(
        """\
        runs-on: x
        env: {A: a, '${{ insert }}': '${{ fromJSON(needs.x.outputs.env) }}', '${{  insert  }}': '${{ vars.MORE }}'}
        strategy: ${{ fromJSON(needs.x.outputs.strategy) }}
        services: ${{ fromJSON('{}') }}
        steps: [{run: it, env: '${{ fromJSON(env.ALL) }}'}]
        """
    )

    assert list(found.env) == ["A", "${{ insert }}", "${{ insert }}#2"]
    assert found.strategy == Strategy(whole="${{ fromJSON(needs.x.outputs.strategy) }}")
    assert found.services == {"${{ insert }}": "${{ fromJSON('{}') }}"}
    assert found.steps[0].env == {"${{ insert }}": "${{ fromJSON(env.ALL) }}"}


def test_insertions_are_put_together_and_worked_out() -> None:
    texts = joined({"A": "1", "${{ insert }}": "${{ vars.ONE }}"}, {"${{ insert }}": "${{ vars.TWO }}", "A": "2"})

    assert list(texts) == ["${{ insert }}", "${{ insert }}#2", "A"]
    assert resolve_texts(texts, {"vars": {"ONE": {"A": 0, "B": True}, "TWO": {"C": None}}}) == {
        "A": "2",
        "B": "true",
        "C": "",
    }
    with pytest.raises(ExpressionBroken, match="must come to a mapping"):
        resolve_texts({"${{ insert }}": "${{ 1 }}"}, {})


def test_a_name_with_quotes_and_signs_is_no_more_than_its_words() -> None:
    found = job("runs-on: x\nsteps: [{uses: \"${{ 'acme/tool@v1' }}\"}]\nif: ${{ 'true' }}\n")

    assert (found.steps[0].uses, found.condition) == ("acme/tool@v1", "true")
    assert job("uses: ${{ 'anything' }}\n").uses == "anything"


def test_keys_of_strangers_pass_at_the_top_and_on_jobs_only() -> None:
    assert workflow(f"x-any: [1]\non: push{ONE_JOB}").jobs
    with pytest.raises(WorkflowBroken, match="Unexpected value 'x-any'"):
        workflow("on: push\njobs: {one: {runs-on: x, steps: [{run: a, x-any: 1}]}}")


def test_needs_are_kept_as_their_jobs_are_called() -> None:
    found = workflow("on: push\njobs: {One: {runs-on: x}, two: {runs-on: x, needs: [one]}}")

    assert found.jobs["two"].needs == ("One",)


def test_a_broken_file_is_examined_as_far_as_it_goes() -> None:
    found = examine("on: push\nnope: 1\njobs: {one: {runs-on: x, needs: two}, three: {runs-on: y}}", "a.yml")

    assert found.workflow is not None
    assert list(found.workflow.jobs) == ["one", "three"]
    assert [str(one.text) for one in found.grammar] == ["Unexpected value 'nope'"]
    assert [one.rule for one in found.sense] == ["job-needs"]
    assert found.mistakes == found.grammar
    assert examine("a: [", "a.yml").workflow is None


def test_all_of_it_is_kept_as_json() -> None:
    found = workflow(
        """\
        on: {schedule: [{cron: '0 0 * * *'}], workflow_call: {inputs: {a: {type: number}}}, issues: }
        jobs:
          one: {uses: ./a.yml, secrets: inherit, with: {a: 1}}
          two: {runs-on: x, container: '${{ vars.A }}', services: {a: b}, steps: [{parallel: [{run: x}]}]}
        """
    )

    assert msgspec.json.decode(msgspec.json.encode(found), type=Workflow) == found


PLACES = ("container", "services", "environment", "secrets", "with", "snapshot", "x-cache", "concurrency", "strategy")
WORDS = ["", "inherit", "${{ github.ref }}", "a", "${{"]
STRANGE = some.recursive(
    some.none()
    | some.booleans()
    | some.integers()
    | some.sampled_from(["", "inherit", "${{ github.ref }}", "a", "${{"]),
    lambda inner: (
        some.lists(inner, max_size=2)
        | some.dictionaries(
            some.sampled_from(["image", "env", "name", "inputs", "group", "queue", "matrix", "${{ insert }}", "a"]),
            inner,
        )
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(some.sampled_from(PLACES), STRANGE, some.booleans())
def test_anything_in_any_place_is_read_or_refused(key: str, value: object, calls: bool) -> None:
    own = {"uses": "./a.yml"} if calls else {"runs-on": "x"}
    source = msgspec.json.encode({"on": "push", "jobs": {"one": {**own, key: value}}}).decode()

    found = examine(source, "a.yml")

    assert found.mistakes or found.workflow is not None
    if found.workflow is not None:
        msgspec.json.decode(msgspec.json.encode(found.workflow), type=Workflow)
