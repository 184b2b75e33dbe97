"""Weighing: before a job with `x-cache` goes, it is found out whether its work has been done already.

That takes a look into git, which no transaction may do, so it is a machine's. Here stands only that it is wanted.
"""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from dure.build.run.job import Job
from dure.build.run.run import Run
from dure.kit import say
from dure.ledger import BIG, Machine, Table, Work, begin

WANTED = "wanted"
"""In the place of a job's key: it is not known yet."""
ASKED = "asked"
WEIGHING, WEIGHED = "weighing", "weighed"
LOOKING = say("It is being looked up whether this was done already.")


class Weighing(Machine, Table):
    """Some jobs of one run are to be weighed."""

    __tablename__ = "build_weighing"

    run_id: Mapped[int] = mapped_column(BIG, ForeignKey("build_run.id"))


# open: called with a run that the caller has locked and asked policy about.
def weigh(work: Work, run: Run, jobs: list[Job]) -> None:
    """One look for all of them."""
    for job in jobs:
        job.cache_key = ASKED
    begin(work, Weighing(phase=WEIGHING, run_id=run.id))
