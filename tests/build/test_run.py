"""From a push to the end of its run."""

from dure.code import checks_of, commit_ref
from dure.ledger import thread
from dure.wire import runner as wire
from tests.build.wired import AT, Yard

TWO = """
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    outputs: {version: "${{ steps.v.outputs.v }}"}
    steps: [{run: make}]
  test:
    needs: build
    runs-on: ubuntu-latest
    steps: [{run: make test}]
"""


def test_a_push_becomes_a_run_and_its_jobs_go_in_order(yard: Yard) -> None:
    sha = yard.workflow(TWO, "Make it")

    run = yard.run()
    assert (run.sha, run.ref, run.title, run.state, run.actor_name) == (
        sha,
        "refs/heads/main",
        "Make it",
        "queued",
        "ada",
    )
    assert yard.states() == {"build": "queued", "test": "waiting"}

    order = yard.take()
    assert (order.key, order.steps[0].run, order.attempt) == ("build", "make", 1)
    assert yard.run().state == "running"
    yard.end(order, outputs={"version": "1.2"})

    order = yard.take()
    assert order.contexts["needs"] == {"build": {"result": "success", "outputs": {"version": "1.2"}}}
    yard.end(order)
    assert yard.run().state == "success"
    assert yard.claim() is None


def test_a_skipped_job_skips_those_after_it_but_not_always(yard: Yard) -> None:
    yard.workflow(
        """
on: push
jobs:
  a: {runs-on: ubuntu-latest, if: "github.ref == 'refs/heads/other'", steps: [{run: a}]}
  b: {runs-on: ubuntu-latest, needs: a, steps: [{run: b}]}
  c: {runs-on: ubuntu-latest, needs: [a, b], if: always(), steps: [{run: c}]}
"""
    )

    assert yard.states() == {"a": "skipped", "b": "skipped", "c": "queued"}
    assert str(yard.jobs()["a"].reason)
    assert yard.do_all() == ["c"]
    assert yard.run().state == "success"


def test_a_failure_skips_what_needs_it_and_wakes_who_waits_for_it(yard: Yard) -> None:
    yard.workflow(
        """
on: push
jobs:
  a: {runs-on: ubuntu-latest, steps: [{run: a}]}
  b: {runs-on: ubuntu-latest, needs: a, steps: [{run: b}]}
  mend: {runs-on: ubuntu-latest, needs: [a, b], if: failure(), steps: [{run: mend}]}
"""
    )

    assert yard.do_all({"a": "failure"}) == ["a", "mend"]
    assert yard.states() == {"a": "failure", "b": "skipped", "mend": "success"}
    assert yard.run().state == "failure"


def test_a_forgiven_failure_counts_as_success(yard: Yard) -> None:
    yard.workflow(
        """
on: push
jobs:
  a: {runs-on: ubuntu-latest, continue-on-error: true, steps: [{run: a}]}
  b: {runs-on: ubuntu-latest, needs: a, steps: [{run: b}]}
"""
    )

    assert yard.do_all({"a": "failure"}) == ["a", "b"]
    assert yard.states() == {"a": "failure", "b": "success"}
    assert yard.run().state == "success"


def test_a_matrix_that_is_known_only_when_its_needs_have_ended(yard: Yard) -> None:
    yard.workflow(
        """
on: push
jobs:
  list:
    runs-on: ubuntu-latest
    outputs: {what: "${{ steps.x.outputs.what }}"}
    steps: [{run: x}]
  each:
    needs: list
    runs-on: ubuntu-latest
    strategy: {matrix: {it: "${{ fromJSON(needs.list.outputs.what) }}"}}
    steps: [{run: "echo ${{ matrix.it }}"}]
  all: {needs: each, runs-on: ubuntu-latest, steps: [{run: all}]}
"""
    )

    assert yard.states() == {"list": "queued", "each": "waiting", "all": "waiting"}
    yard.end(yard.take(), outputs={"what": '["x", "y", "z"]'})
    assert yard.states() == {
        "list": "success",
        "each (x)": "queued",
        "each (y)": "queued",
        "each (z)": "queued",
        "all": "waiting",
    }
    order = yard.take()
    assert (order.contexts["matrix"], order.contexts["strategy"]["job-total"]) == ({"it": "x"}, 3)
    yard.end(order)
    assert yard.do_all() == ["each (y)", "each (z)", "all"]


def test_a_matrix_nobody_can_read_fails(yard: Yard) -> None:
    yard.workflow(
        """
on: push
jobs:
  each:
    runs-on: ubuntu-latest
    strategy: {matrix: {it: "${{ fromJSON('nonsense') }}"}}
    steps: [{run: x}]
"""
    )

    assert yard.states() == {"each": "failure"}
    assert yard.run().state == "failure"
    assert str(yard.jobs()["each"].reason)


MATRIX = """
on: push
jobs:
  each:
    runs-on: ubuntu-latest
    strategy: {matrix: {it: [1, 2, 3]}, max-parallel: 2%s}
    steps: [{run: x}]
"""


def test_no_more_at_a_time_than_max_parallel_and_fail_fast(yard: Yard) -> None:
    yard.workflow(MATRIX % "")

    assert sorted(yard.states().values()) == ["held", "queued", "queued"]
    first, second = yard.take(), yard.take()
    assert yard.end(first, "failure").cancel == "no"
    assert yard.states() == {"each (1)": "failure", "each (2)": "running", "each (3)": "cancelled"}
    assert yard.tell(second, *[started()]).cancel == "asked"
    yard.end(second, "cancelled", seq=1)
    assert yard.run().state == "failure"


def test_without_fail_fast_the_others_go_on(yard: Yard) -> None:
    yard.workflow(MATRIX % ", fail-fast: false")

    assert yard.do_all({"each (1)": "failure"}) == ["each (1)", "each (2)", "each (3)"]
    assert yard.run().state == "failure"


def started() -> wire.Started:
    return wire.Started(isolation="", at=AT)


def test_what_is_pushed_is_planned_once_and_nothing_when_there_is_nothing(yard: Yard) -> None:
    sha = yard.push({"README": "no workflow"})
    yard.received()
    kinds = [entry.kind for entry in yard.read(lambda work: thread(work, commit_ref(yard.project.id, sha)))]
    assert kinds == ["code.pushed", "build.nothing_to_run"]
    yard.workflow(TWO)
    yard.received()
    assert len(yard.runs()) == 1


def test_only_the_workflows_that_the_push_begins(yard: Yard) -> None:
    yard.push(
        {
            ".github/workflows/a.yml": "on: {push: {branches: [main]}}\n" + JOBS,
            ".github/workflows/b.yaml": "on: {push: {paths: ['docs/**']}}\n" + JOBS,
            ".github/workflows/c.yml": "on: workflow_dispatch\n" + JOBS,
            ".dure/workflows/d.yml": "name: The other folder\non: push\n" + JOBS,
            ".github/workflows/notes.txt": "not one",
        }
    )
    assert [run.workflow_name for run in yard.runs()] == ["The other folder", ".github/workflows/a.yml"]
    yard.push({"docs/x": "1"})
    names = [run.workflow_name for run in yard.runs()][2:]
    assert names == ["The other folder", ".github/workflows/a.yml", ".github/workflows/b.yaml"]
    yard.push({"x": "2"}, "Quiet [skip ci]")
    assert len(yard.runs()) == 5
    yard.push({"x": "3"}, branch="other")
    assert [run.workflow_name for run in yard.runs()][5:] == ["The other folder", ".github/workflows/b.yaml"]


JOBS = "jobs: {a: {runs-on: ubuntu-latest, steps: [{run: a}]}}\n"


def test_a_broken_file_is_a_failed_run_that_says_where(yard: Yard) -> None:
    sha = yard.workflow("on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    stepz: []\n")

    run = yard.run()
    assert (run.state, yard.jobs()) == ("failure", {})
    mistake = run.found_mistakes[0]
    assert (mistake.line, mistake.source.strip()) in ((5, "stepz: []"), (3, "a:"), (4, "runs-on: ubuntu-latest"))
    [check] = yard.read(lambda work: checks_of(work, yard.project, sha))
    assert (check.state, check.url) == ("failure", "/ada/shop/runs/1")


def test_the_check_of_a_commit_follows_its_run(yard: Yard) -> None:
    sha = yard.workflow("name: Build it\n" + TWO)

    def state() -> tuple[str, str]:
        [check] = yard.read(lambda work: checks_of(work, yard.project, sha))
        return check.name, check.state

    assert state() == ("build/Build it", "pending")
    order = yard.take()
    assert state()[1] == "running"
    yard.end(order)
    assert state()[1] == "running"
    yard.end(yard.take())
    assert state()[1] == "success"
    kinds = [entry.kind for entry in yard.read(lambda work: thread(work, yard.run().key))]
    assert kinds == [
        "build.run_started",
        "build.job_started",
        "build.job_ended",
        "build.job_started",
        "build.job_ended",
        "build.run_ended",
    ]


def test_a_file_that_is_far_too_large_is_a_failed_run_too(yard: Yard) -> None:
    """Too large even to be read whole."""
    yard.workflow("#" * 51_000_000)
    run = yard.run()
    assert run.state == "failure"
    assert "512 kB" in str(run.found_mistakes[0].text)


def test_the_time_after_a_cancel_is_that_of_the_file(yard: Yard) -> None:
    yard.workflow(
        """
on: push
jobs:
  given:
    runs-on: ubuntu-latest
    strategy: {matrix: {minutes: [2, 0.5]}}
    cancel-timeout-minutes: ${{ matrix.minutes }}
    steps: [{run: a}]
  plain: {runs-on: ubuntu-latest, cancel-timeout-minutes: 9, steps: [{run: a}]}
  unsaid: {runs-on: ubuntu-latest, steps: [{run: a}]}
  wrong: {runs-on: ubuntu-latest, cancel-timeout-minutes: "${{ github.ref }}", steps: [{run: a}]}
"""
    )
    orders = [order for order in (yard.claim() for _ in range(5)) if order is not None]
    told = {order.name: order.cancel_timeout_minutes for order in orders}
    assert told == {"given (2)": 2, "given (0.5)": 0.5, "plain": 9, "unsaid": 5}
    assert "must come to a number" in str(yard.jobs()["wrong"].reason)
