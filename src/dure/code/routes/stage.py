"""What this room has to say of its stage on the loop."""

from dure.code.push import refs_of
from dure.kit import say
from dure.ledger import Work
from dure.plan import Project
from dure.shell import Stage


def stages(work: Work, project: Project) -> list[Stage]:
    branches = sum(name.startswith("refs/heads/") for name in refs_of(work, project))
    state = "good" if branches else "idle"
    return [Stage("code", say("Code"), f"/{project.path}/code", branches, state, say("Branches"))]
