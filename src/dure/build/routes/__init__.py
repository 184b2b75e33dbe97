"""The addresses of build. Only the house's own assembly comes in here."""

from dure.build.routes import (
    acts,
    api_acts,
    api_runs,
    api_secrets,
    elsewhere,
    kept,
    logs,
    runner,
    runners,
    runs,
    starting,
)
from dure.build.routes.happened import handlers as happened
from dure.build.routes.happened import panels as panels_of_what_happened
from dure.build.routes.runs import stages
from dure.build.routes.supplies import handlers as supplies
from dure.kit import say
from dure.shell import Place

__all__ = ["handlers", "panels", "places", "stages"]

handlers = [
    *runs.handlers,
    *acts.handlers,
    *starting.handlers,
    *logs.handlers,
    *elsewhere.handlers,
    *api_runs.handlers,
    *api_acts.handlers,
    *kept.handlers,
    *happened,
    *api_secrets.handlers,
    *runner.handlers,
    *supplies,
    *runners.handlers,
]

panels = [*panels_of_what_happened, *elsewhere.panels]
places = [
    Place("runs", say("Runs"), "/{project}/runs", key="r", within="project"),
    Place("queue", say("Queue"), "/queue", shown=lambda viewer: viewer.signed_in),
    Place("runners", say("Runners"), "/admin/runners", within="admin", shown=lambda viewer: viewer.is_admin),
]
