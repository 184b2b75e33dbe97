"""A sample machine: a new version gets a little of the traffic, bakes badly, and is rolled back.

The traffic is a file in a folder that stands for the outside world.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from dure.kit import Text, say
from dure.ledger import Event, House, Machine, Move, Phases, Reconciler, Table, Turn, Work, begin
from tests.ledger.notes import told
from tests.parts.killpoints import Pause, Scenario

CANARY = 5


class Rollout(Machine, Table):
    __tablename__ = "test_rollout"

    name: Mapped[str] = mapped_column(unique=True)
    weight: Mapped[int] = mapped_column(default=0)


@dataclass(frozen=True, kw_only=True)
class RolloutMoved(Event, kind="test.rollout_moved"):
    said: str

    def sentence(self) -> Text:
        return say("{said}", said=self.said)


def start(world: Path, turn: Turn[Rollout]) -> Move[Rollout]:
    set_weight(world, turn.row, 0)
    return move("shift", "started")


def shift(world: Path, turn: Turn[Rollout]) -> Move[Rollout]:
    set_weight(world, turn.row, CANARY)
    return move("bake", "shifted", weight=CANARY, after_seconds=0.01)


def bake(_: Path, turn: Turn[Rollout]) -> Move[Rollout]:
    assert turn.row.weight == CANARY
    return move("roll_back", "baked badly", weight=CANARY)


def roll_back(world: Path, turn: Turn[Rollout]) -> Move[Rollout]:
    set_weight(world, turn.row, 0)
    return move("failed", "rolled back")


def move(to: str, said: str, *, weight: int = 0, after_seconds: float = 0.0) -> Move[Rollout]:
    def write(work: Work, rollout: Rollout) -> None:
        rollout.weight = weight
        work.record(RolloutMoved(said=said), about=[f"rollout:{rollout.name}"], within="project:1")

    return Move(to, after_seconds, write)


def set_weight(world: Path, rollout: Rollout, weight: int) -> None:
    """The outside world takes the desired state, unless a newer owner has acted already."""
    acts = world_of(world, rollout) / "acts"
    newest = max((int(line.split()[1]) for line in lines(acts)), default=0)
    if rollout.fence >= newest:
        with acts.open("a") as file:
            file.write(f"{weight} {rollout.fence}\n")


def lines(acts: Path) -> list[str]:
    return acts.read_text().splitlines() if acts.exists() else []


def world_of(folder: Path, rollout: Rollout) -> Path:
    """A trial of one gives us its world; in a race we get the folder of all of them."""
    return folder if folder.name == rollout.name else folder / rollout.name


def rounds(house: House, world: Path, owner: str, lease_seconds: float, pause: Pause) -> Sequence[Reconciler[Any]]:
    functions = {"start": start, "shift": shift, "bake": bake, "roll_back": roll_back}
    phases = Phases(Rollout, {name: partial(function, world) for name, function in functions.items()})
    return [phases.reconciler(house, owner, lease_seconds=lease_seconds, pause=pause)]


def submit(work: Work, world: Path) -> None:
    begin(work, Rollout(name=world.name, phase="start"))


def unfinished(work: Work) -> bool:
    return work.session.execute(select(Rollout.id).where(Rollout.phase != "failed").limit(1)).first() is not None


def check(work: Work, world: Path) -> None:
    assert told(work, f"rollout:{world.name}") == ["started", "shifted", "baked badly", "rolled back"]
    # An act may have been done twice, but never out of turn.
    weights = [int(line.split()[0]) for line in lines(world / "acts")]
    assert [weight for weight, _ in groupby(weights)] == [0, CANARY, 0]


scenario = Scenario(rounds=rounds, submit=submit, unfinished=unfinished, check=check)
