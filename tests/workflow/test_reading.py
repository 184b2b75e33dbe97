"""Workflow files: what is read, and every mistake with its place."""

from contextlib import suppress
from textwrap import dedent

import msgspec
import pytest
from hypothesis import given, settings
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
    return [(mistake.line, mistake.column, str(mistake.told)) for mistake in refusal.value.mistakes]


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
            steps:
              - runs: make
              - run: make
                uses: actions/checkout@v4
        """)

    assert found == [
        (1, 12, "Unexpected value 'pussh'. Did you mean `push`?"),
        (2, 1, "Unexpected value 'nam'. Did you mean `name`?"),
        (5, 5, "Unexpected value 'runs-onn'. Did you mean `runs-on`?"),
        (5, 5, "Required property is missing: runs-on"),
        (7, 9, "Unexpected value 'runs'. Did you mean `run`?"),
        (7, 9, f"{UNCLEAR}: parallel, run, shell, uses, with, working-directory"),
        (
            9,
            9,
            (
                "Unexpected value 'uses'. Known here are: background, continue-on-error, env, id, if, name, run, "
                "shell, timeout-minutes, working-directory."
            ),
        ),
    ]


UNCLEAR = "There's not enough info to determine what you meant. Add one of these properties"


def test_what_fits_the_grammar_is_looked_at_for_its_sense() -> None:
    found = broken("""\
        on: push
        jobs:
          one: {runs-on: x}
          2nd:
            needs: [one, none]
            runs-on: x
        """)

    assert found == [
        (
            4,
            3,
            (
                "The identifier '2nd' is invalid. IDs may only contain alphanumeric characters, '_', and '-'. IDs must"
                " start with a letter or '_' and and must be less than 100 characters."
            ),
        ),
        (5, 18, "Job '2nd' depends on unknown job 'none'."),
    ]


ONE = "\njobs: {a: {runs-on: x}}"


@pytest.mark.parametrize(
    ("source", "line", "column", "words"),
    [
        ("", 1, 1, "begins with"),
        ("- on", 1, 1, "begins with"),
        ("jobs: {}", 1, 1, "property is missing: on"),
        ("on: push\njobs: {}", 2, 7, "at least one job"),
        ("on: push\njobs: {a: {runs-on: x, needs: a}}", 2, 7, "at least one job"),
        (f"on: []{ONE}", 1, 5, "No event"),
        (f"on: {{push: {{branches: a, branches-ignore: b}}}}{ONE}", 1, 43, "cannot stand together"),
        (f"on: {{push: {{branches: ['a*?']}}}}{ONE}", 1, 24, "nothing stands before"),
        (f"on: {{issues: {{types: open}}}}{ONE}", 1, 22, "Did you mean `opened`"),
        (f"on: {{create: {{types: x}}}}{ONE}", 1, 14, "A mapping was not expected"),
        (f"on: {{schedule: [{{cron: '* * * *'}}]}}{ONE}", 1, 24, "Invalid cron expression"),
        (f"on: {{schedule: [{{cron: '0 0 * * 7'}}]}}{ONE}", 1, 24, "Invalid cron expression"),
        (f"on: {{schedule: [{{cron: '0 0 L * *'}}]}}{ONE}", 1, 24, "Invalid cron expression"),
        (f"on: {{schedule: [{{cron: '0 0 * * 1', timezone: Moon}}]}}{ONE}", 1, 47, "no time zone 'Moon'"),
        (f"on: {{schedule: [{{timezone: UTC}}]}}{ONE}", 1, 17, "property is missing: cron"),
        (f"on: {{workflow_dispatch: {{inputs: {{a: {{type: date}}}}}}}}{ONE}", 1, 45, "Unexpected value 'date'"),
        (f"on: {{workflow_dispatch: {{inputs: {{a: {{type: choice}}}}}}}}{ONE}", 1, 38, "Missing 'options'"),
        (f"on: {{workflow_dispatch: {{inputs: {{a: {{options: [b]}}}}}}}}{ONE}", 1, 38, "'options' is defined"),
        (
            f"on: {{workflow_dispatch: {{inputs: {{a: {{type: boolean, default: 1}}}}}}}}{ONE}",
            1,
            63,
            "Unexpected type 'NumberToken' encountered while reading 'input default'. The type 'BooleanToken' was",
        ),
        (f"on: {{workflow_call: {{inputs: {{a: {{required: true}}}}}}}}{ONE}", 1, 34, "property is missing: type"),
        (f"on: {{workflow_call: {{outputs: {{a: {{value: '${{{{ env.A }}}}'}}}}}}}}{ONE}", 1, 48, "named-value: 'env'"),
        (f"on: push\npermissions: {{contents: admin}}{ONE}", 2, 25, "none, read, write"),
        (f"on: push\npermissions: {{content: read}}{ONE}", 2, 15, "Did you mean `contents`"),
        (f"on: push\npermissions: all{ONE}", 2, 14, "Unexpected value 'all'"),
        (f"on: push\nconcurrency: {{cancel-in-progress: true}}{ONE}", 2, 14, "property is missing: group"),
        (
            f"on: push\nconcurrency: {{group: a, cancel-in-progress: true, queue: max}}{ONE}",
            2,
            58,
            "cannot stand beside",
        ),
        ("on: push\njobs: {a: {runs-on: []}}", 2, 21, "at least one label"),
        ("on: push\njobs: {a: {runs-on: {}}}", 2, 21, "Name a `group`"),
        ("on: push\njobs: {a: {runs-on: {group: team/x}}}", 2, 29, "Invalid runs-on group name"),
        ("on: push\njobs: {a: {runs-on: x, runs-on: y}}", 2, 24, "'runs-on' is already defined"),
        ("on: push\njobs: {a: {runs-on: x}, A: {runs-on: y}}", 2, 25, "'A' is already defined"),
        (job_with("env:", "  a: ${{ insert }}"), 6, 10, "Unexpected value '${{ insert }}'"),
        (job_with("env:", "  a: b ${{ insert }}"), 6, 10, "not allowed in this context"),
        (job_with("env: {a: '${{ insert x }}'}"), 5, 14, "Exactly 0 parameter(s)"),
        (job_with("outputs: ${{ fromJSON('{}') }}"), 5, 14, "template expression is not allowed"),
        (job_with("env: [a]"), 5, 10, "A sequence was not expected"),
        (job_with("env:"), 5, 9, "Unexpected value ''"),
        (job_with("timeout-minutes: soon"), 5, 22, "Unexpected value 'soon'"),
        (job_with("timeout-minutes: 0"), 5, 22, "not a number above zero"),
        (job_with("continue-on-error: maybe"), 5, 24, "Unexpected value 'maybe'"),
        (job_with("if: github.ref = 'x'"), 5, 20, "Unexpected symbol: '='"),
        (job_with("if: \"steps.a.outcome == 'x'\""), 5, 10, "Unrecognized named-value: 'steps'"),
        (job_with("if: ${{ secrets.A }}"), 5, 13, "Unrecognized named-value: 'secrets'"),
        (job_with("name: a ${{ github.ref }} b ${{ nope }}"), 5, 37, "Unrecognized named-value: 'nope'"),
        (job_with("name: ${{ always() }}"), 5, 15, "Unrecognized function: 'always'"),
        (job_with("container: {env: {A: b}}"), 5, 16, "Container image cannot be empty"),
        (job_with("services: {db: {ports: [1]}}"), 5, 20, "Container image cannot be empty"),
        (job_with("environment: {url: x}"), 5, 18, "property is missing: name"),
        (job_with("snapshot: {version: x}"), 5, 15, "property is missing: image-name"),
        (job_with("x-cache: {}"), 5, 14, "property is missing: inputs"),
        (job_with("steps:", "- run: |", "    one", "    two ${{ nope }}"), 8, 17, "Unrecognized named-value"),
        (job_with("steps:", "- run: ${{ }}"), 6, 16, "An expression was expected"),
        (job_with("steps:", "- run: ${{ github"), 6, 12, "not closed"),
        (job_with("steps:", "- name: nothing"), 6, 7, "not enough info"),
        (job_with("steps: none"), 5, 12, "Unexpected value 'none'"),
        (job_with("steps:", "- {id: a, run: x}", "- {id: A, run: x}"), 7, 12, "more than once"),
        (job_with("steps:", "- {id: __a, run: x}"), 6, 12, "reserved"),
        (job_with("steps:", "- {run: x, with: {a: 1}}"), 6, 16, "Unexpected value 'with'"),
        (job_with("steps:", "- {run: x, shell: fish}"), 6, 23, "The shell 'fish' is unknown"),
        (job_with("steps:", "- {uses: actions/checkout@v4, shell: sh}"), 6, 35, "Unexpected value 'shell'"),
        (job_with("steps:", "- uses: actions/checkout"), 6, 13, "Expected format {org}/{repo}[/path]@ref."),
        (job_with("steps:", "- wait: a"), 6, 13, "unknown step ID 'a'"),
        (job_with("steps:", "- {id: a, wait: a}"), 6, 21, "cannot reference itself"),
        (job_with("steps:", "- cancel: __a"), 6, 15, "reserved"),
        (job_with("steps:", "- wait-all: false"), 6, 17, "must be true or omitted"),
        (job_with("steps:", "- parallel:", "  - {run: x, background: true}"), 7, 9, "'background' is not allowed"),
        (job_with("steps:", "- parallel:", "  - {parallel: [{run: x}]}"), 7, 9, "Nested 'parallel'"),
        (job_with("steps:", "- parallel:", "  - wait-all:"), 7, 9, "'wait-all' is not allowed inside"),
        (job_with("uses: ./x.yml"), 5, 5, "Unexpected value 'uses'"),
        (job_with("strategy: {matrix: {a: []}}"), 5, 28, "does not contain any values"),
        (job_with("strategy: {matrix: {a: b}}"), 5, 28, "Unexpected value 'b'"),
        (job_with("strategy: {matrix: {a: ['${{ nope }}']}}"), 5, 34, "Unrecognized named-value"),
        (job_with("strategy: {matrix: {include: [a]}}"), 5, 35, "Unexpected value 'a'"),
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
          five: {runs-on: x, needs: one}
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


@settings(deadline=None)
@given(some.dictionaries(keys, values, max_size=6) | values)
def test_a_file_is_read_or_refused_and_nothing_else(document: object) -> None:
    with suppress(WorkflowBroken):
        assert isinstance(parse_workflow(msgspec.json.encode(document).decode(), "a.yml"), Workflow)


@settings(deadline=None)
@given(values, keys, some.sampled_from(["jobs", "one", "steps"]))
def test_a_sound_file_with_one_strange_value_is_read_or_refused(value: object, key: str, where: str) -> None:
    step: dict[str, object] = {"run": "make"}
    job: dict[str, object] = {"runs-on": "x", "steps": [step]}
    document: dict[str, object] = {"on": "push", "jobs": {"one": job}}
    {"jobs": document, "one": job, "steps": step}[where][key] = value

    with suppress(WorkflowBroken):
        parse_workflow(msgspec.json.encode(document).decode(), "a.yml")
