"""Workflow files: what is read, and every mistake with its place."""

from contextlib import suppress
from textwrap import dedent

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from dure.workflow import (
    Concurrency,
    Defaults,
    DispatchInput,
    EventFilter,
    Job,
    Permissions,
    RunsOn,
    Schedule,
    Strategy,
    Workflow,
    WorkflowBroken,
    parse_workflow,
)

WHOLE = dedent("""\
    name: Build
    run-name: Build ${{ github.ref }}
    on:
      push:
        branches: [main, 'release/**']
        tags-ignore: nightly
        paths: ['src/**', '!**.md']
      workflow_dispatch:
        inputs:
          size:
            description: How much
            type: choice
            options: [small, large]
            default: small
          count: {type: number, default: 3, required: true}
          loud: {type: boolean}
      schedule:
        - cron: '0 4 * * *'
    env: {LEVEL: 3.10, QUIET: true}
    defaults: {run: {shell: bash, working-directory: src}}
    concurrency: {group: 'build-${{ github.ref }}', cancel-in-progress: true}
    permissions: {contents: read, id-token: none}
    jobs:
      test:
        name: Test ${{ matrix.os }}
        runs-on: ['${{ matrix.os }}', large]
        strategy:
          fail-fast: false
          max-parallel: 2
          matrix:
            os: [linux, mac]
            version: ${{ fromJSON(vars.VERSIONS) }}
            include: [{os: linux, extra: yes}]
        timeout-minutes: ${{ matrix.minutes }}
        continue-on-error: ${{ matrix.os == 'mac' }}
        outputs: {made: '${{ steps.make.outputs.made }}'}
        steps:
          - uses: Actions/Checkout@v4
            with: {Fetch-Depth: 0}
          - id: make
            name: Make it
            if: github.ref == 'refs/heads/main'
            run: |
              make
              echo ${{ env.LEVEL }}
            env: {CI: true}
            shell: perl {0}
            timeout-minutes: 5
      last:
        needs: test
        if: ${{ always() }}
        runs-on: {group: big, labels: linux}
        permissions: read-all
        steps:
          - run: echo done
    """)


def test_a_whole_file_is_read() -> None:
    workflow = parse_workflow(WHOLE, ".github/workflows/build.yml")

    assert (workflow.name, workflow.path) == ("Build", ".github/workflows/build.yml")
    assert workflow.run_name == "Build ${{ github.ref }}"
    assert workflow.triggers.events == {
        "push": EventFilter(branches=("main", "release/**"), tags_ignore=("nightly",), paths=("src/**", "!**.md"))
    }
    assert workflow.triggers.dispatch is not None
    assert dict(workflow.triggers.dispatch.inputs) == {
        "size": DispatchInput("choice", "How much", False, "small", ("small", "large")),
        "count": DispatchInput("number", "", True, 3),
        "loud": DispatchInput("boolean"),
    }
    assert workflow.triggers.schedules == (Schedule("0 4 * * *", None, 18),)
    assert workflow.warnings == ()
    assert workflow.env == {"LEVEL": "3.1", "QUIET": "true"}
    assert workflow.defaults == Defaults("bash", "src")
    assert workflow.concurrency == Concurrency("build-${{ github.ref }}", True)
    assert workflow.permissions == Permissions(None, {"contents": "read", "id-token": "none"})
    assert list(workflow.jobs) == ["test", "last"]


def test_its_jobs_and_steps_are_read() -> None:
    workflow = parse_workflow(WHOLE, "build.yml")
    test, last = workflow.jobs["test"], workflow.jobs["last"]

    assert test.runs_on == RunsOn(("${{ matrix.os }}", "large"))
    assert test.strategy == Strategy(
        {
            "os": ["linux", "mac"],
            "version": "${{ fromJSON(vars.VERSIONS) }}",
            "include": [{"os": "linux", "extra": "yes"}],
        },
        False,
        2,
    )
    assert (test.timeout_minutes, test.continue_on_error) == ("${{ matrix.minutes }}", "${{ matrix.os == 'mac' }}")
    assert test.steps[0].uses == "Actions/Checkout@v4"
    assert test.steps[0].with_ == {"Fetch-Depth": "0"}
    make = test.steps[1]
    assert (make.id, make.condition, make.shell) == ("make", "github.ref == 'refs/heads/main'", "perl {0}")
    assert make.run == "make\necho ${{ env.LEVEL }}\n"
    assert (make.timeout_minutes, make.continue_on_error, make.line) == (5, False, 40)
    assert (last.needs, last.condition, last.timeout_minutes) == (("test",), "${{ always() }}", 360)
    assert last.runs_on == RunsOn(("linux",), "big")
    assert last.permissions == Permissions("read")


def test_a_workflow_is_kept_as_json() -> None:
    workflow = parse_workflow(WHOLE, "build.yml")
    kept = msgspec.json.encode(list(workflow.jobs.values()))

    assert msgspec.json.decode(kept, type=list[Job]) == list(workflow.jobs.values())


def broken(source: str) -> list[tuple[int, int, str]]:
    with pytest.raises(WorkflowBroken) as refusal:
        parse_workflow(dedent(source), "a.yml")
    return [(mistake.line, mistake.column, str(mistake.text)) for mistake in refusal.value.mistakes]


def job_with(*lines: str) -> str:
    """A workflow with one job, whose keys begin in line 5, column 5."""
    return "\n".join(["on: push", "jobs:", "  one:", "    runs-on: x", *(f"    {line}" for line in lines)])


def test_every_mistake_is_named_at_once_and_in_order() -> None:
    found = broken("""\
        on: [push, pussh]
        nam: x
        jobs:
          one:
            runs-onn: x
            container: alpine
            steps:
              - runs: make
              - run: make
                uses: actions/checkout@v4
              - uses: actions/setup-node@v4
          2nd:
            needs: [one, none]
            runs-on: x
        """)

    assert found == [
        (1, 12, "The event `pussh` is unknown. Did you mean `push`?"),
        (2, 1, "The key `nam` is unknown. Did you mean `name`?"),
        (5, 5, "The key `runs-onn` is unknown. Did you mean `runs-on`?"),
        (5, 5, "The key `runs-on` is missing. Add it."),
        (6, 5, "`container` is not supported yet. Remove it to run this workflow here."),
        (8, 9, "The key `runs` is unknown. Did you mean `run`?"),
        (9, 9, "A step has either `run` or `uses`, not both. Make two steps of it."),
        (
            12,
            3,
            (
                "The identifier '2nd' is invalid. Use letters, digits, '_' and '-', begin with a letter or '_', "
                "and stay under 100 characters."
            ),
        ),
        (13, 18, "Job '2nd' depends on unknown job 'none'."),
    ]


@pytest.mark.parametrize(
    ("source", "line", "column", "words"),
    [
        ("", 1, 1, "begins with"),
        ("- on", 1, 1, "begins with"),
        ("jobs: {}", 1, 1, "`on` is missing"),
        ("on: push\njobs: {}", 2, 7, "at least one job"),
        ("on: []\njobs: {a: {runs-on: x}}", 1, 5, "No event"),
        ("on: {push: {branches: a, branches-ignore: b}}\njobs: {a: {runs-on: x}}", 1, 43, "cannot stand together"),
        ("on: {push: {branches: ['a*?']}}\njobs: {a: {runs-on: x}}", 1, 24, "nothing stands before"),
        ("on: {workflow_dispatch: {inputs: {a: {type: date}}}}\njobs: {a: {runs-on: x}}", 1, 45, "Use one of: string"),
        ("on: {workflow_dispatch: {inputs: {a: {type: choice}}}}\njobs: {a: {runs-on: x}}", 1, 38, "needs `options`"),
        ("on: push\npermissions: {contents: admin}\njobs: {a: {runs-on: x}}", 2, 25, "none, read, write"),
        ("on: push\npermissions: all\njobs: {a: {runs-on: x}}", 2, 14, "read-all, write-all"),
        ("on: push\nconcurrency: {cancel-in-progress: true}\njobs: {a: {runs-on: x}}", 2, 14, "`group` is missing"),
        ("on: push\njobs: {a: {runs-on: []}}", 2, 21, "at least one label"),
        ("on: push\njobs: {a: {runs-on: {}}}", 2, 21, "Name a `group`"),
        (job_with("env: ${{ fromJSON('{}') }}"), 5, 10, "in place of a whole mapping"),
        (job_with("env: {'${{ insert }}': 1}"), 5, 11, "in place of a key"),
        (job_with("timeout-minutes: soon"), 5, 22, "not a number"),
        (job_with("timeout-minutes: 0"), 5, 22, "not a number"),
        (job_with("continue-on-error: maybe"), 5, 24, "neither true nor false"),
        (job_with("if: github.ref = 'x'"), 5, 20, "Unexpected symbol: '='"),
        (job_with("if: \"steps.a.outcome == 'x'\""), 5, 10, "Unrecognized named-value: 'steps'"),
        (job_with("if: ${{ secrets.A }}"), 5, 13, "Unrecognized named-value: 'secrets'"),
        (job_with("name: a ${{ github.ref }} b ${{ nope }}"), 5, 37, "Unrecognized named-value: 'nope'"),
        (job_with("name: ${{ always() }}"), 5, 15, "Unrecognized function: 'always'"),
        (job_with("steps:", "- run: |", "    one", "    two ${{ nope }}"), 8, 17, "Unrecognized named-value"),
        (job_with("steps:", "- run: ${{ }}"), 6, 16, "An expression was expected"),
        (job_with("steps:", "- run: ${{ github"), 6, 12, "not closed"),
        (job_with("steps:", "- name: nothing"), 6, 7, "`run` with a script"),
        (job_with("steps: none"), 5, 12, "A list of steps"),
        (job_with("steps:", "- {id: a, run: x}", "- {id: A, run: x}"), 7, 12, "already defined"),
        (job_with("steps:", "- {id: __a, run: x}"), 6, 12, "reserved"),
        (job_with("steps:", "- {run: x, with: {a: 1}}"), 6, 22, "belongs to `uses`"),
        (job_with("steps:", "- {run: x, shell: fish}"), 6, 23, "The shell 'fish' is unknown"),
        (job_with("steps:", "- {uses: actions/checkout@v4, shell: sh}"), 6, 42, "belongs to `run`"),
        (job_with("steps:", "- wait: a"), 6, 7, "`wait` is not supported yet"),
        (job_with("uses: ./x.yml"), 5, 5, "`uses` is not supported yet"),
        (job_with("strategy: {matrix: {a: []}}"), 5, 28, "is empty"),
        (job_with("strategy: {matrix: {a: b}}"), 5, 28, "A list is expected"),
        (job_with("strategy: {matrix: {a: ['${{ nope }}']}}"), 5, 34, "Unrecognized named-value"),
        (job_with("strategy: {matrix: {include: [a]}}"), 5, 35, "A mapping is expected"),
        (job_with("needs: one"), 5, 12, "creates a cycle"),
        (job_with("steps:", *["- run: x"] * 1_001), 6, 5, "at most 1000 steps"),
    ],
)
def test_a_mistake_has_its_place(source: str, line: int, column: int, words: str) -> None:
    found = broken(source)

    assert any(words in text for _, _, text in found), found
    assert (line, column) in [(at, column) for at, column, text in found if words in text]


def test_a_cycle_is_named_where_it_closes() -> None:
    found = broken("""\
        on: push
        jobs:
          one: {runs-on: x}
          two: {runs-on: x, needs: [one, three]}
          three: {runs-on: x, needs: four}
          four: {runs-on: x, needs: two}
          five: {runs-on: x, needs: two}
        """)

    assert [(line, text[:27]) for line, _, text in found] == [
        (4, "Job 'two' depends on job 't"),
        (5, "Job 'three' depends on job "),
        (6, "Job 'four' depends on job '"),
    ]


def test_many_mistakes_end_somewhere() -> None:
    assert len(broken("\n".join(["on: push", *(f"key{at}: 1" for at in range(5_000))]))) == 100


def test_a_large_graph_is_checked_quickly() -> None:
    names = [f"job{at}" for at in range(256)]
    lines = [
        f"  {name}: {{runs-on: x, needs: [{', '.join(names[max(0, at - 60) : at])}]}}" for at, name in enumerate(names)
    ]

    assert len(parse_workflow("\n".join(["on: push", "jobs:", *lines]), "a.yml").jobs) == 256


KEYS = """
    on push jobs steps run uses with env if needs name strategy matrix runs-on include workflow_dispatch inputs
    branches paths permissions concurrency defaults a
"""
keys = some.sampled_from(KEYS.split())
scalars = some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=6) | keys
values = some.recursive(
    scalars | some.just("${{ github.ref }}") | some.just("${{ nope"),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(keys, inner, max_size=5),
    max_leaves=25,
)


@given(some.dictionaries(keys, values, max_size=6) | values)
def test_a_file_is_read_or_refused_and_nothing_else(document: object) -> None:
    with suppress(WorkflowBroken):
        assert isinstance(parse_workflow(msgspec.json.encode(document).decode(), "a.yml"), Workflow)


@given(values, keys, some.sampled_from(["jobs", "one", "steps"]))
def test_a_sound_file_with_one_strange_value_is_read_or_refused(value: object, key: str, where: str) -> None:
    step: dict[str, object] = {"run": "make"}
    job: dict[str, object] = {"runs-on": "x", "steps": [step]}
    document: dict[str, object] = {"on": "push", "jobs": {"one": job}}
    {"jobs": document, "one": job, "steps": step}[where][key] = value

    with suppress(WorkflowBroken):
        parse_workflow(msgspec.json.encode(document).decode(), "a.yml")
