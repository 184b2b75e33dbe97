"""Listening: which events the workflows of a default branch name, so that what nobody listens to costs no reading."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from dure.build.planning.reading import Reading
from dure.ledger import Table, Work
from dure.plan import Project


class Listening(Table):
    __tablename__ = "build_listening"

    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), primary_key=True)
    sha: Mapped[str]
    """The last commit of the default branch when it was written down."""
    events: Mapped[str] = mapped_column(Text)
    """The names of events, as JSON."""


# open: it tells no more than whether reading could be worth it.
def listens(work: Work, project: Project, sha: str, name: str) -> bool:
    """Whether a workflow at the last commit of the default branch may begin by this. Unknown counts as yes."""
    row = work.session.get(Listening, project.id)
    return row is None or row.sha != sha or name in msgspec.json.decode(row.events, type=list[str])


# open: the machine that plans asks whether it has written this down.
def is_noted(work: Work, project: Project, sha: str) -> bool:
    row = work.session.get(Listening, project.id)
    return row is not None and row.sha == sha


# open: the machine that plans writes down what it has read.
def note_listening(work: Work, project: Project, sha: str, readings: Sequence[Reading]) -> None:
    names = sorted({name for reading in readings for name in names_in(reading)})
    row, events = work.session.get(Listening, project.id), msgspec.json.encode(names).decode()
    if row is None:
        work.add(Listening(project_id=project.id, sha=sha, events=events))
    else:
        row.sha, row.events = sha, events


def names_in(reading: Reading) -> set[str]:
    """The events that one file names."""
    if reading.workflow is None:
        return set()
    triggers = reading.workflow.triggers
    found = set(triggers.events)
    if triggers.schedules:
        found.add("schedule")
    if triggers.dispatch is not None:
        found.add("workflow_dispatch")
    return found
