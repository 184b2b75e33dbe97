"""The whole program with the rooms of code and build in it."""

from typing import Any

from dure import app, build, code
from dure.build import routes
from dure.build.reactions import reactions as build_reactions
from dure.code.reactions import reactions as code_reactions
from dure.code.routes import transport
from dure.keeper.up import start
from dure.ledger import House, Table
from dure.settings import Settings


def wire() -> None:
    """Puts the rooms in, as long as `app.py` does not."""
    if "build" in app.ROOMS:
        return
    if not hasattr(app.plan_routes, "stages"):
        app.plan_routes.stages = app.plan_routes.projects.stages
    app.ROOMS |= {"code": code, "build": build}
    app.REACTIONS.extend([*code_reactions, *build_reactions])
    app.plan_routes.handlers.extend([*transport.handlers, *routes.handlers])
    app.plan_routes.places.extend(routes.places)
    put_together, migrate = app.put_together, app.migrate

    def migrated(engine: Any, folder: Any) -> Any:
        done = migrate(engine, folder)
        Table.metadata.create_all(engine)
        return done

    def whole(settings: Settings, house: House) -> Any:
        program = put_together(settings, house)
        repositories = code.Repositories(settings.data / "repositories")
        reception = code.Reception(house, repositories)
        state = program.asgi.app.state  # type: ignore[attr-defined]
        state["repositories"], state["reception"] = repositories, reception
        state["logs"] = build.Logs(settings.data / "logs", settings.log_bytes_max)
        machines = [build.plannings(repositories, settings.url), build.watches()]
        program.rounds.rounds += [reception, *(each.reconciler(house, "house") for each in machines)]
        program.rounds.timetable.timers |= {each.name: each for each in build.timers()}
        return program

    app.migrate, app.put_together = migrated, whole
    if hasattr(start, "put_together"):
        start.put_together = whole
