"""Pins: what the words of a step came to stand for when a run first asked. It holds for the whole run."""

from collections.abc import Sequence

from sqlalchemy import ForeignKey, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from dure.build.actions.packing import Tree
from dure.build.actions.uses import UsesWords
from dure.build.run import Run
from dure.kit import Refused, say
from dure.ledger import BIG, Table, Work
from dure.wire import ActionSource

PINS_MAX = 500
"""Of one run."""


class Pin(Table):
    __tablename__ = "build_action_pin"

    run_id: Mapped[int] = mapped_column(BIG, ForeignKey("build_run.id"), primary_key=True)
    uses: Mapped[str] = mapped_column(primary_key=True)
    sha: Mapped[str]
    digest: Mapped[str] = mapped_column(index=True)
    size: Mapped[int] = mapped_column(BIG)
    source: Mapped[str]


# open: only with a run in hand that its runner has a job of.
def pin_action(work: Work, run: Run, words: UsesWords, tree: Tree, source: ActionSource) -> Pin:
    """Whoever is first decides; those who come a moment later get the same."""
    there = pin_of(work, run, words)
    if there is not None:
        return there
    if len(pinned_actions(work, run)) >= PINS_MAX:
        raise Refused(say("A run uses {count} actions at most.", count=PINS_MAX))
    mine = Pin(run_id=run.id, uses=str(words), sha=tree.sha, digest=tree.digest, size=tree.size, source=source)
    try:
        with work.session.begin_nested():
            return work.add(mine)
    except IntegrityError:
        first = pin_of(work, run, words)
        assert first is not None
        return first


# open: only with a run in hand that its runner has a job of.
def pin_of(work: Work, run: Run, words: UsesWords) -> Pin | None:
    return work.session.get(Pin, (run.id, str(words)))


# open: only with a run in hand that was asked for under its policy.
def pinned_actions(work: Work, run: Run) -> Sequence[Pin]:
    return work.session.scalars(select(Pin).where(Pin.run_id == run.id).order_by(Pin.uses)).all()
