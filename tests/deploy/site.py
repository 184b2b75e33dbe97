"""The yard with its pages and its API, served over HTTP without the rooms that are not needed for them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from litestar import Litestar
from litestar.datastructures import State

from dure import code, deploy, people, plan, release
from dure.deploy import routes as deploy_routes
from dure.people import routes as people_routes
from dure.plan import routes as plan_routes
from dure.release import routes as release_routes
from dure.settings import Settings
from dure.shell import Assets, Frame, Guard, Panels, problems
from dure.shell import routes as shell_routes
from tests.deploy.yard import Yard
from tests.parts.served import served


@contextmanager
def serve(yard: Yard, folder: Path) -> Iterator[str]:
    rooms = {"people": people, "plan": plan, "code": code, "release": release, "deploy": deploy}
    panels = Panels()
    for hook, draw in deploy_routes.panels:
        panels.hang(hook, draw)
    frame = Frame(
        pages={name: Path(str(room.__file__)).parent / "pages" for name, room in rooms.items()},
        assets=Assets.load(),
        places=[*plan_routes.places, *release_routes.places, *deploy_routes.places],
        panels=panels,
        stages=[deploy_routes.stages],
        remember=people_routes.remember,
    )
    settings = Settings(data=folder)
    app = Litestar(
        route_handlers=[
            *shell_routes.handlers,
            *people_routes.handlers,
            *plan_routes.handlers,
            *release_routes.handlers,
            *deploy_routes.handlers,
        ],
        middleware=[people_routes.Authentication(yard.house, settings)],
        exception_handlers=problems({}),
        state=State(
            {"house": yard.house, "frame": frame, "settings": settings, "blobs": yard.blobs, "keys": yard.keys}
        ),
        logging_config=None,
    )
    with served(Guard(app, public_url=None)) as url:
        yield url
