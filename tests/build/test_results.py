"""Results that cannot be taken over, and artifacts that nobody takes."""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import update

from dure.build import run_of
from dure.build.leaving import ARTIFACTS_MAX, Left, artifacts_of, keep_artifact
from dure.build.reuse import bring_artifact, forget_results, put_result
from dure.build.reuse.elsewhere import artifacts_brought
from dure.build.reuse.result import Brought
from dure.build.run import Job, Run
from dure.kit import now
from dure.ledger import Work
from dure.wire import JobOrder
from tests.build.test_reuse import CHAIN, done
from tests.build.wired import Yard

MANY = """
on: push
jobs:
  a: {runs-on: ubuntu-latest, x-cache: {inputs: ["a/**"]}, steps: [{run: a}]}
  b: {runs-on: ubuntu-latest, x-cache: {inputs: ["b/**"]}, steps: [{run: b}]}
"""


def test_what_does_not_fit_into_a_run_is_done_anew(yard: Yard) -> None:
    """Each of two results fits by itself, as in runs that had the one job, then the other."""

    def leave(order: JobOrder, names: Iterable[str]) -> None:
        def keep(work: Work) -> None:
            job = work.session.get_one(Job, order.job_id)
            for name in names:
                keep_artifact(work, work.session.get_one(Run, order.run_id), job, Left(name, "sha256:" + "0" * 64, 1))

        yard.write(keep)
        yard.end(order)

    first, second = MANY.split("  b:", maxsplit=1)[0], MANY.replace("  a:", "  c:")
    yard.push({".github/workflows/ci.yml": first, "a/x": "1", "b/x": "1"})
    leave(yard.take(), (f"a{number}" for number in range(300)))
    yard.push({".github/workflows/ci.yml": second})
    orders = {order.name: order for order in (yard.take(), yard.take())}
    yard.end(orders["c"])
    leave(orders["b"], ["a0", *(f"b{number}" for number in range(ARTIFACTS_MAX - 299))])

    yard.push({".github/workflows/ci.yml": MANY})
    assert yard.states(3) == {"a": "success", "b": "queued"}
    assert len(yard.read(lambda work: artifacts_of(work, run_of(work, yard.project, 3)))) == 300
    assert done(yard) == ["b"]
    assert yard.run(3).state == "success"


def test_what_was_brought_in_vain_is_dropped(yard: Yard) -> None:
    """Unless the run's own has gone meanwhile: then it takes that one's place."""
    ours, theirs = (Left("app", f"sha256:{digit * 64}", 1) for digit in "01")
    yard.push({".github/workflows/ci.yml": CHAIN, "a/x": "1", "b/x": "1"})
    order = yard.take()
    yard.write(
        lambda work: keep_artifact(work, run_of(work, yard.project, 1), work.session.get_one(Job, order.job_id), ours)
    )
    yard.end(order)
    key = yard.jobs()["a"].cache_key

    def bring(left: Left) -> tuple[int, bool]:
        """By which run the result is then, and whether what was brought is kept."""

        def put(work: Work) -> int:
            bring_artifact(work, yard.project, key, left)
            return put_result(work, yard.project, key, {}, {"app": left.digest}).number

        return yard.write(put), yard.read(lambda work: bool(artifacts_brought(work, yard.project, key)))

    assert bring(theirs) == (1, False)
    assert bring(ours) == (1, False)
    yard.write(lambda work: bring_artifact(work, yard.project, key, theirs))

    def later(work: Work) -> int:
        work.session.execute(update(Brought).values(kept_at=now() - timedelta(days=2)))
        forget_results(work)
        return len(artifacts_brought(work, yard.project, key))

    assert yard.write(later) == 0, "nor is it kept when nobody comes back with the result"

    def forget(work: Work) -> None:
        for artifact in artifacts_of(work, run_of(work, yard.project, 1)):
            work.session.delete(artifact)

    yard.write(forget)
    assert bring(ours) == (0, True)
    assert yard.write(later) == 1
