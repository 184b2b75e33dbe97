"""Where an entry of the ledger belongs."""

from dure import plan
from dure.ledger import Entry, Work
from dure.plan import Project


# open: the house's own reactions ask; the actor of the entry was asked when it was recorded.
def project_within(work: Work, entry: Entry) -> Project:
    """The project that an entry is recorded in."""
    return plan.project_of(work, int(entry.within.removeprefix("project:")))
