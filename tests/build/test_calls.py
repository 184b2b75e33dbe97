"""Jobs that call workflows: what is handed in and out, how far one reaches, and what stops it."""

import pytest

from dure import code, plan
from dure.build import cancel_run, put_project_secret, rerun, run_of
from dure.build.run import jobs_of
from tests.build.wired import Yard

CALLER = """
name: Caller
on: push
jobs:
  first:
    runs-on: ubuntu-latest
    outputs: {v: "${{ steps.x.outputs.v }}"}
    steps: [{run: one}]
  call:
    needs: first
    uses: ./.github/workflows/inner.yml
    with: {what: "v${{ needs.first.outputs.v }}", count: 3}
    secrets: {key: "${{ secrets.OUTER }}", token: "${{ secrets.GITHUB_TOKEN }}"}
  after:
    needs: call
    runs-on: ubuntu-latest
    steps: [{run: "echo ${{ needs.call.outputs.made }}"}]
"""
INNER = """
on:
  workflow_call:
    inputs:
      what: {type: string, required: true}
      count: {type: number}
      loud: {type: boolean, default: true}
    secrets: {key: {required: true}, token: {}}
    outputs: {made: {value: "${{ jobs.make.outputs.x }}-${{ inputs.count }}"}}
jobs:
  make:
    runs-on: ubuntu-latest
    outputs: {x: "${{ steps.x.outputs.x }}"}
    steps: [{run: "make ${{ inputs.what }} ${{ secrets.KEY }} ${{ secrets.token }}"}]
  test:
    needs: make
    if: inputs.loud
    runs-on: ubuntu-latest
    strategy: {matrix: {n: [1, 2]}}
    steps: [{run: "test ${{ secrets.OUTER }}"}]
"""
USUAL = {"contents": "read", "metadata": "read", "packages": "read"}


def files(**named: str) -> dict[str, str]:
    return {f".github/workflows/{name}.yml": words for name, words in named.items()}


def put(yard: Yard, name: str, value: str) -> None:
    yard.write(lambda work: put_project_secret(work, yard.keys, yard.project, name, value))


def test_a_called_workflow_runs_within_the_run_that_calls_it(yard: Yard) -> None:
    put(yard, "OUTER", "a long secret")
    yard.push(files(ci=CALLER, inner=INNER))
    assert yard.states() == {"first": "queued", "call": "waiting", "after": "waiting"}
    yard.end(yard.take(), outputs={"v": "7"})
    assert yard.states() == {
        "first": "success",
        "call": "calling",
        "call / make": "queued",
        "call / test": "waiting",
        "after": "waiting",
    }

    order = yard.take()
    assert (order.key, order.name) == ("make", "call / make")
    assert order.contexts["inputs"] == {"what": "v7", "count": 3, "loud": True}
    assert order.contexts["github"]["workflow"] == "Caller"
    assert order.contexts["github"]["workflow_ref"] == "ada/shop/.github/workflows/ci.yml@refs/heads/main"
    assert order.secrets == {"key": "a long secret", "token": order.job_token}
    yard.end(order, outputs={"x": "made"})

    order = yard.take()
    assert (order.name, order.secrets) == ("call / test (1)", {})
    yard.end(order)
    assert yard.states()["after"] == "waiting"
    yard.end(yard.take())

    order = yard.take()
    assert order.contexts["needs"] == {"call": {"result": "success", "outputs": {"made": "made-3"}}}
    yard.end(order)
    assert yard.run().state == "success"


def test_all_secrets_are_inherited_through_levels_and_a_mapping_narrows_them(yard: Yard) -> None:
    put(yard, "ONE", "the first secret")
    put(yard, "TWO", "the second secret")
    step = "runs-on: ubuntu-latest, steps: [{run: 'x ${{ toJSON(secrets) }}'}]"
    yard.push(
        files(
            ci="on: push\njobs:\n  a: {uses: ./.github/workflows/b.yml, secrets: inherit}\n",
            b="on: workflow_call\njobs:\n"
            f"  all: {{{step}}}\n"
            "  down: {uses: ./.github/workflows/c.yml, secrets: {only: '${{ secrets.TWO }}'}}\n"
            "  none: {uses: ./.github/workflows/d.yml}\n",
            c=f"on: {{workflow_call: {{secrets: {{only: {{}}}}}}}}\njobs:\n  c: {{{step}}}\n",
            d=f"on: workflow_call\njobs:\n  d: {{{step}}}\n",
        )
    )
    lent = {}
    while (order := yard.claim()) is not None:
        lent[order.name] = order.secrets
        yard.taken(order)
        yard.end(order)
    assert lent == {
        "a / all": {"ONE": "the first secret", "TWO": "the second secret"},
        "a / down / c": {"only": "the second secret"},
        "a / none / d": {},
    }


def test_a_matrix_of_calls_its_failure_and_what_failed_again(yard: Yard) -> None:
    yard.push(
        files(
            ci="on: push\njobs:\n"
            "  each:\n    strategy: {matrix: {it: [a, b]}, fail-fast: false}\n"
            "    uses: ./.github/workflows/inner.yml\n    with: {it: '${{ matrix.it }}'}\n"
            "  last: {needs: each, runs-on: ubuntu-latest, steps: [{run: x}]}\n",
            inner="on: {workflow_call: {inputs: {it: {type: string}}}}\njobs:\n"
            "  one: {runs-on: ubuntu-latest, steps: [{run: x}]}\n"
            "  two: {needs: one, runs-on: ubuntu-latest, steps: [{run: x}]}\n",
        )
    )
    done = yard.do_all({"each (b) / one": "failure"})
    assert sorted(done) == ["each (a) / one", "each (a) / two", "each (b) / one"]
    assert yard.states()["each (b)"] == "failure"
    assert yard.states()["each (b) / two"] == "skipped"
    assert (yard.states()["last"], yard.run().state) == ("skipped", "failure")

    yard.write(lambda work: rerun(work, run_of(work, yard.project, 1), failed_only=True))
    assert yard.states()["each (a)"] == "success"
    assert yard.states()["each (b)"] == "calling"
    assert yard.do_all() == ["each (b) / one", "each (b) / two", "last"]
    assert yard.run().state == "success"


def test_one_job_of_a_called_workflow_again(yard: Yard) -> None:
    put(yard, "OUTER", "a long secret")
    yard.push(files(ci=CALLER, inner=INNER))
    yard.do_all()
    one = yard.jobs()["call / test (2)"].id
    yard.write(lambda work: rerun(work, run_of(work, yard.project, 1), only=[one]))
    assert yard.do_all() == ["call / test (2)", "after"]
    assert (yard.run().state, yard.run().attempt) == ("success", 2)


def test_cancelled_in_the_middle_of_a_call(yard: Yard) -> None:
    put(yard, "OUTER", "a long secret")
    yard.push(files(ci=CALLER, inner=INNER))
    yard.end(yard.take())
    order = yard.take()
    yard.write(lambda work: cancel_run(work, run_of(work, yard.project, 1)))
    assert yard.taken(order).cancel == "asked"
    yard.end(order, "cancelled")
    states = yard.states()
    assert states.pop("first") == "success"
    assert set(states.values()) == {"cancelled"}
    assert yard.run().state == "cancelled"


def test_what_cannot_be_called_is_told_before_anything_runs(yard: Yard) -> None:
    def why(number: int) -> str:
        return str(yard.run(number).found_mistakes[0].text)

    call = "on: push\njobs:\n  a:\n    uses: ./.github/workflows/b.yml\n"
    yard.push(files(ci=call))
    assert yard.run(1).state == "failure"
    assert "ada/shop has no file .github/workflows/b.yml" in why(1)
    job = "jobs: {j: {runs-on: ubuntu-latest, steps: [{run: x}]}}\n"
    yard.push(files(b=f"on: workflow_dispatch\n{job}"))
    assert "does not name workflow_call" in why(2)
    yard.push(files(b="on: workflow_call\njobs: {a: {uses: ./.github/workflows/b.yml}}\n"))
    assert "calls itself" in why(3)
    yard.push(files(b=f"on: {{workflow_call: {{inputs: {{x: {{type: string, required: true}}}}}}}}\n{job}"))
    assert why(4) == "Input x is required, but not provided while calling."
    yard.push(files(ci=f"{call}    with: {{x: 1, y: 2}}\n"))
    assert why(5) == "Invalid input, y is not defined in the referenced workflow."
    yard.push(files(ci="on: push\njobs: {a: {uses: 'ada/other/.github/workflows/b.yml@main'}}\n"))
    assert "There is no project ada/other" in why(6)


def test_ten_levels_and_not_one_more(yard: Yard) -> None:
    def chain(levels: int) -> dict[str, str]:
        made = {
            f"w{n}": f"on: workflow_call\njobs: {{j: {{uses: ./.github/workflows/w{n + 1}.yml}}}}\n"
            for n in range(1, levels)
        }
        made[f"w{levels}"] = "on: workflow_call\njobs: {j: {runs-on: ubuntu-latest, steps: [{run: x}]}}\n"
        return files(ci="on: push\njobs: {j: {uses: ./.github/workflows/w1.yml}}\n", **made)

    yard.push(chain(9))
    assert yard.do_all() == [" / ".join(["j"] * 10)]
    assert yard.run(1).state == "success"
    yard.push(chain(10))
    assert "more than 10 levels" in str(yard.run(2).found_mistakes[0].text)


def test_the_workflow_of_another_project_at_its_pinned_commit(yard: Yard) -> None:
    other = yard.write(lambda work: plan.make_project(work, owner="ada", name="shared", title=""))
    yard.carry_on()
    repository = yard.read(lambda work: code.repository_of(work, other))
    assert repository is not None
    words = "on: workflow_call\njobs: {j: {runs-on: ubuntu-latest, steps: [{run: old}]}}\n"
    yard.push({"x": "y", **files(shared=words)})
    bare = str(yard.repositories.path(repository.id))
    yard.git("push", "-q", bare, "HEAD:refs/heads/main")
    pinned = yard.git("rev-parse", "HEAD")
    yard.push(files(ci="on: push\njobs: {a: {uses: 'ada/shared/.github/workflows/shared.yml@main'}}\n"))
    assert yard.run(1).plan.called[yard.jobs()["a"].calls].source.sha == pinned
    yard.push(files(shared=words.replace("old", "new")))
    yard.git("push", "-q", bare, "HEAD:refs/heads/main")
    order = yard.take()
    assert (order.name, order.steps[0].run) == ("a / j", "old")


def test_a_call_waits_for_its_group_and_never_for_itself(yard: Yard) -> None:
    inner = (
        "on: workflow_call\nconcurrency: {group: 'g-${{ github.ref }}'}\n"
        "jobs: {j: {runs-on: ubuntu-latest, steps: [{run: x}]}}\n"
    )
    yard.push(files(ci="on: push\njobs: {a: {uses: ./.github/workflows/b.yml}}\n", b=inner))
    order = yard.take()
    yard.push({"x": "2"})
    assert yard.states(2) == {"a": "held"}
    yard.end(order)
    assert yard.states(2) == {"a": "calling", "a / j": "queued"}
    yard.do_all()
    yard.push(files(ci="on: push\nconcurrency: G-refs/heads/main\njobs: {a: {uses: ./.github/workflows/b.yml}}\n"))
    assert yard.states(3) == {"a": "failure"}
    assert "wait for ever" in str(yard.jobs(3)["a"].reason)


def test_what_a_call_is_given_is_worked_out_late_and_may_not_fit(yard: Yard) -> None:
    yard.push(
        files(
            ci="on: push\njobs:\n  a:\n    uses: ./.github/workflows/b.yml\n"
            "    with: {n: \"${{ fromJSON('[1]') }}\"}\n",
            b="on: {workflow_call: {inputs: {n: {type: number}}}}\n"
            "jobs: {j: {runs-on: ubuntu-latest, steps: [{run: x}]}}\n",
        )
    )
    assert yard.states() == {"a": "failure"}
    assert str(yard.jobs()["a"].reason) == "The input n must be one value, no list and no mapping."
    assert yard.run().state == "failure"


def test_the_list_of_jobs_shows_those_of_the_called_workflow(yard: Yard) -> None:
    yard.push(
        files(
            ci="on: push\njobs: {a: {uses: ./.github/workflows/b.yml}}\n",
            b="on: workflow_call\njobs: {j: {runs-on: ubuntu-latest, steps: [{run: x}]}}\n",
        )
    )
    rows = yard.read(lambda work: jobs_of(work, run_of(work, yard.project, 1)))
    assert [(row.key, row.parent_id) for row in rows] == [("a", None), ("a/j", rows[0].id)]


@pytest.mark.parametrize(
    ("said", "given"),
    [
        (["", "", "", ""], USUAL),
        (["", "", "", "write-all"], USUAL),
        (
            ["{contents: write, issues: read}", "", "", "{contents: write, issues: write}"],
            {"contents": "write", "issues": "read", "metadata": "read"},
        ),
        (["write-all", "", "", "{id-token: write, code-quality: write}"], {"id-token": "write", "metadata": "read"}),
        (["{id-token: write}", "", "", "read-all"], {"metadata": "read"}),
        (
            ["write-all", "{issues: write}", "write-all", "{issues: write, pages: write}"],
            {"issues": "write", "metadata": "read"},
        ),
        (["{contents: none}", "", "{contents: write}", ""], {"metadata": "read"}),
        (["read-all", "", "{contents: write, packages: read}", ""], USUAL),
        (["{statuses: write}", "{}", "", "{statuses: write}"], {"metadata": "read"}),
        (["{issues: write}", "", "write-all", ""], {"issues": "write", "metadata": "read"}),
    ],
)
def test_a_called_job_may_no_more_than_who_calls_it(yard: Yard, said: list[str], given: dict[str, str]) -> None:
    """Three files; said by the first, by its job that calls, by the second, and by the job of the third."""
    top, caller, middle, inner = (f"permissions: {words}" if words else "" for words in said)
    call = "jobs:\n  j:\n    uses: ./.github/workflows/{}.yml\n    {}\n"
    work = f"jobs:\n  j:\n    runs-on: ubuntu-latest\n    {inner}\n    steps: [{{run: x}}]\n"
    yard.push(
        files(
            ci=f"on: push\n{top}\n{call.format('b', caller)}",
            b=f"on: workflow_call\n{middle}\n{call.format('c', '')}",
            c=f"on: workflow_call\n{work}",
        )
    )
    assert yard.take().permissions == given
