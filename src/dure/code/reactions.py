"""What this room does when something happens elsewhere."""

from dure import plan
from dure.code.push import Pushed
from dure.code.repository import create_repository
from dure.code.request import WATCHED, follow_push, watch_push, watch_request
from dure.ledger import Reaction, Work, on, on_entry
from dure.plan import ProjectMade


def make_repository(work: Work, event: ProjectMade) -> None:
    """A project that was just made gets its repository."""
    create_repository(work, plan.project_of(work, event.project))


reactions: list[Reaction] = [
    on(ProjectMade, make_repository),
    on(Pushed, follow_push),
    on(Pushed, watch_push),
    *(on_entry(event, watch_request) for event in WATCHED),
]
