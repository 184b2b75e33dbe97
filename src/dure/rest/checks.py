"""Checks by their number, as GitHub asks for them; in this house they go by commit and name."""

from dure import policy
from dure.code import Check
from dure.kit import Missing
from dure.ledger import Work
from dure.plan import Project


def check_in(work: Work, project: Project, check_id: int) -> Check:
    policy.require(work, "code.read", project.scope)
    found = work.session.get(Check, check_id)
    if found is None or found.project_id != project.id:
        raise Missing
    return found
