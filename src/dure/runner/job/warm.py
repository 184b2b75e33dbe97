"""A room with its sandbox, made before anybody knows for which job: the job then only moves in.

It is for one job, like any other. Nothing of a job is in it before, and nobody else gets it afterwards.
"""

import select
import shutil
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from dure.runner.job.desk import make_room
from dure.runner.place import JobPlace
from dure.runner.sandbox import Cell, CellLost, View
from dure.wire import Tier


@dataclass(frozen=True)
class Kind:
    """How the jobs of one runner are kept apart: all alike, until it starts anew."""

    tier: Tier
    view: View
    """What a job sees; its room is yet to be made."""


@dataclass(frozen=True)
class Warm:
    kind: Kind
    place: Path
    cell: Cell

    @classmethod
    def made(cls, kind: Kind, place: Path) -> "Warm":
        place.mkdir(mode=0o711, parents=True)
        room = make_room(place, kind.view.user)
        warm = cls(kind, place, Cell(kind.tier, replace(kind.view, room=room)))
        try:
            # A room that gets another name while the sandbox is being built around it would not be found.
            warm.cell.stand()
        except (CellLost, OSError):
            warm.give_up()
            raise
        return warm

    @property
    def stands(self) -> bool:
        """Nothing was asked of it since it stood: what can be read now is its end."""
        return not select.select([self.cell.socket], [], [], 0)[0]

    def move_to(self, place: JobPlace) -> Path:
        """The room is the job's from now on. The sandbox holds on to it under whatever name."""
        room = place.path / "room"
        (self.place / "room").rename(room)
        self.cell.view = replace(self.kind.view, room=room)
        with suppress(OSError):
            self.place.rmdir()
        return room

    def give_up(self) -> None:
        self.cell.close()
        shutil.rmtree(self.place, ignore_errors=True)


def moved_in(kind: Kind, place: JobPlace, warm: Warm | None) -> tuple[Path, Cell]:
    """The job's room and its sandbox: the ones that stand ready, if they are of its kind, else new ones."""
    if warm is not None and warm.stands and warm.kind == kind and not (place.path / "found").exists():
        return warm.move_to(place), warm.cell
    if warm is not None:
        warm.give_up()
    room = make_room(place.path, kind.view.user)
    return room, Cell(kind.tier, replace(kind.view, room=room))
