"""How long a workflow file of 2,000 lines takes from its words to its jobs: read, checked, begun, decided and expanded.

Prints one line of JSON, in milliseconds of processor time, and of the clock in `clock_ms`. Nothing is remembered from
one round to the next but in `again_ms`; the best of fifteen counts. Beside it stands what the YAML parser (libyaml)
alone needs to go over the same file.
"""

import json
import time
from collections.abc import Callable
from typing import Any

import yaml

from dure.workflow import Event, Finished, Workflow, decide, expand, parse_workflow, ready, triggered
from dure.workflow.expression import reading, template

LINES = 2_000
ROUNDS = 15
HEAD = """\
name: whole
on:
  push:
    branches: [main, 'release/**']
    paths: ['src/**', '!**.md']
env:
  LEVEL: ${{ vars.LEVEL }}
jobs:
"""
JOB = """\
  job-{number}:
    name: Job {number} on ${{{{ matrix.os }}}}
    needs: [{needs}]
    if: github.ref == 'refs/heads/main' || github.event_name == 'pull_request'
    runs-on: ${{{{ matrix.os }}}}
    timeout-minutes: 30
    strategy:
      fail-fast: false
      matrix:
        os: [ubuntu-latest, ubuntu-22.04]
        version: ['3.11', '3.12']
    env:
      LEVEL: debug
      TOKEN: ${{{{ secrets.TOKEN_{number} }}}}
    steps:
      - uses: actions/checkout@v4
        with:
          fetch-depth: 0
      - name: Make it {number}
        id: make
        if: ${{{{ success() && matrix.version != '{number}' }}}}
        run: |
          make all
          echo "${{{{ github.sha }}}} {number}"
      - name: Test
        run: make test
        env:
          RESULT: ${{{{ steps.make.outputs.result-{number} }}}}
      - uses: actions/upload-artifact@v4
        with:
          name: result-{number}
          path: out
"""


def main() -> None:
    source = whole()
    workflow = parse_workflow(source, "whole.yml")

    def all_of_it() -> int:
        return planned(parse_workflow(source, "whole.yml"))

    took = best(all_of_it)
    print(
        json.dumps(
            {
                "bench": "workflow_parse",
                "lines": source.count("\n"),
                "jobs": len(workflow.jobs),
                "jobs_expanded": planned(workflow),
                "read_ms": best(lambda: parse_workflow(source, "whole.yml")),
                "plan_ms": best(lambda: planned(workflow)),
                "read_and_plan_ms": took,
                "clock_ms": best(all_of_it, clock=time.perf_counter),
                "again_ms": best(all_of_it, forget=False),
                "yaml_alone_ms": best(lambda: sum(1 for _ in yaml.parse(source, Loader=yaml.CSafeLoader))),
                "under_50_ms": took < 50,
            }
        )
    )


def whole() -> str:
    """A file in which every job waits for the one before, and every expression is another one."""
    made, number = HEAD, 0
    while made.count("\n") < LINES:
        made += JOB.format(number=number, needs=f"job-{number - 1}" if number else "")
        number += 1
    return made


def planned(workflow: Workflow) -> int:
    """Begin it by a push and go through it as a run does: decide each job when its needs are known, and expand it."""
    event = Event("push", "refs/heads/main", after="1" * 40, changed_paths=["src/main.py"])
    assert triggered(workflow, event).yes
    contexts: dict[str, Any] = {"github": {"ref": "refs/heads/main", "event_name": "push"}, "vars": {}, "inputs": {}}
    assert len(ready(workflow, {}, contexts)) == 1
    finished: dict[str, Finished] = {}
    count = 0
    for name, job in workflow.jobs.items():
        assert decide(workflow, job, finished, contexts).word == "run"
        count += len(expand(job, contexts))
        finished[name] = Finished("success")
    return count


def best(work: Callable[[], object], *, forget: bool = True, clock: Callable[[], float] = time.process_time) -> float:
    """Milliseconds, the best of a few rounds."""
    times = []
    for _ in range(ROUNDS):
        if forget:
            reading.parsed.cache_clear()
            template.template.cache_clear()
        start = clock()
        work()
        times.append(clock() - start)
    return round(min(times) * 1_000, 1)


if __name__ == "__main__":
    main()
