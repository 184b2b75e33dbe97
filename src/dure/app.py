"""The whole program, put together in one place: engines chosen, rooms in order, routes mounted, reactions wired."""

import secrets
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import anyio.to_thread
from litestar import Litestar
from litestar.datastructures import State
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from dure import build, code, deploy, incident, insight, monitor, people, plan, policy, release, test
from dure.build import reactions as build_reactions
from dure.build import routes as build_routes
from dure.code import reactions as code_reactions
from dure.code import routes as code_routes
from dure.deploy import reactions as deploy_reactions
from dure.deploy import routes as deploy_routes
from dure.deploy.engines.envoy import Envoy
from dure.deploy.engines.process import Processes
from dure.incident import reactions as incident_reactions
from dure.incident import routes as incident_routes
from dure.insight import routes as insight_routes
from dure.ledger import HOUSE, Closed, House, NotSaved, Phases, Rounds, Stream, migrate, open_database
from dure.monitor import routes as monitor_routes
from dure.monitor.engines.chdb import Chdb
from dure.monitor.engines.pretend import Pretend
from dure.people import routes as people_routes
from dure.plan import reactions as plan_reactions
from dure.plan import routes as plan_routes
from dure.policy import routes as policy_routes
from dure.release import reactions as release_reactions
from dure.release import routes as release_routes
from dure.rest import routes as rest_routes
from dure.settings import Settings
from dure.shell import Assets, Draw, Frame, Guard, Panels, problems
from dure.shell import routes as shell_routes
from dure.storage import Blobs, BlobTooLarge, Shelf, StorageFull, Sweeper, open_blobs
from dure.storage.engines.disk import Disk
from dure.storage.engines.s3 import S3, bucket_at
from dure.test import reactions as test_reactions
from dure.test import routes as test_routes
from dure.vault import Keyring, check_keys, open_keyring, resume_rotation, wrapping_by

VERSION = version("dure")
SNAPSHOTS = "snapshots"
SERVICES_STOP_SECONDS_MAX = 40.0
LOOK_SECONDS = 0.05

ROOMS = {
    "people": people,
    "policy": policy,
    "plan": plan,
    "code": code,
    "build": build,
    "test": test,
    "release": release,
    "deploy": deploy,
    "monitor": monitor,
    "incident": incident,
    "insight": insight,
}
"""The rooms with pages of their own, in the order of the loop."""

REACTIONS = [
    *plan_reactions.reactions,
    *code_reactions.reactions,
    *build_reactions.reactions,
    *test_reactions.reactions,
    *release_reactions.reactions,
    *deploy_reactions.reactions,
    *incident_reactions.reactions,
]
HANDLERS = [
    *shell_routes.handlers,
    *people_routes.handlers,
    *policy_routes.handlers,
    *plan_routes.handlers,
    *code_routes.handlers,
    *build_routes.handlers,
    *test_routes.handlers,
    *release_routes.handlers,
    *deploy_routes.handlers,
    *monitor_routes.handlers,
    *incident_routes.handlers,
    *insight_routes.handlers,
    *rest_routes.handlers,
]
PLACES = [
    *plan_routes.places,
    *code_routes.places,
    *build_routes.places,
    *test_routes.places,
    *release_routes.places,
    *deploy_routes.places,
    *monitor_routes.places,
    *incident_routes.places,
    *insight_routes.places,
    *people_routes.places,
]
PANELS: list[tuple[str, Draw]] = [
    *code_routes.panels,
    *build_routes.panels,
    *test_routes.panels,
    *deploy_routes.panels,
    *monitor_routes.panels,
    *incident_routes.panels,
    *insight_routes.panels,
]
STATUSES: dict[type[Exception], int] = {
    NotSaved: 507,
    Closed: 503,
    StorageFull: 507,
    BlobTooLarge: 413,
    monitor.Away: 503,
    build.RunnerOver: 410,
}
"""The refusals of rooms that the web has a word of its own for."""


@dataclass(frozen=True)
class Program:
    """Everything that runs, and the one ASGI application to serve."""

    house: House
    blobs: Blobs
    keys: Keyring
    rounds: Rounds
    stream: Stream
    asgi: Guard


def open_house(settings: Settings, *, told: Callable[[str], None] = lambda line: None) -> House:  # noqa: ARG005
    """Open the database and bring it up to date."""
    database = open_database(settings.database_url)
    try:
        snapshot = migrate(database.engine, settings.data / SNAPSHOTS)
    except BaseException:
        database.close()
        raise
    if snapshot is not None:
        told(str(snapshot))
    return House(database, REACTIONS)


def open_storage(settings: Settings) -> Blobs:
    """Where big files go: a bucket, or a folder beside the database."""
    shelf: Shelf = (
        S3(bucket_at(settings.storage, settings.s3_endpoint, settings.s3_region))
        if settings.storage
        else Disk(settings.data / "blobs")
    )
    return open_blobs(shelf, settings.data / "incoming", settings.blob_bytes_max)


def open_vault(settings: Settings, house: House) -> Keyring:
    """The master keys, once it is sure that they open what this database holds."""
    path = settings.master_key_file or settings.data / "master.key"
    keys = open_keyring(path, wrapping_by(settings.master_key_passphrase, settings.master_key_identity))
    house.read_now(HOUSE, lambda work: check_keys(work, keys))
    resume_rotation(house, HOUSE, keys)
    return keys


@dataclass(frozen=True)
class Loop:
    """What carries a change from its push to the people it is made for: the engines, and what is done with them."""

    repositories: code.Repositories
    reception: code.Reception
    logs: build.Logs
    platform: Processes
    traffic: Envoy
    telemetry: monitor.Telemetry
    collector: monitor.Collector
    machines: Sequence[Phases[Any]]

    @property
    def state(self) -> dict[str, object]:
        """What routes find under `request.app.state`."""
        return {
            "repositories": self.repositories,
            "reception": self.reception,
            "logs": self.logs,
            "platform": self.platform,
            "traffic": self.traffic,
            "telemetry": self.telemetry,
        }


def open_workshop(settings: Settings) -> None:
    """Jobs and services may run as somebody else, who can pass through it, but not look around in it."""
    folder = settings.workshop_dir
    fresh = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for place in {folder, *fresh}:
        place.chmod(0o711)


def open_loop(settings: Settings, house: House, blobs: Blobs, keys: Keyring) -> Loop:
    open_workshop(settings)
    repositories = code.Repositories(settings.data / "repositories")
    platform = Processes(settings.workshop_dir / "services", settings.port_range)
    traffic = Envoy(settings.workshop_dir / "traffic", settings.traffic_listen)
    telemetry = monitor.Telemetry(Chdb(settings.data / "telemetry") if settings.telemetry else Pretend())
    rollouts = deploy.Rollouts(platform, traffic, blobs, keys, settings.traffic_listen)
    reception = code.Reception(house, repositories)
    machines: list[Phases[Any]] = [
        code.Requests(repositories, reception).phases(),
        code.Queues(repositories).phases(),
        build.plannings(repositories, settings.url, settings.artifact_days),
        build.weighings(repositories, build.ActionRules(settings.actions_owners, settings.actions_only_pinned)),
        build.schedules(),
        build.watches(),
        *([build.scaling(calls_of(settings))] if settings.autoscale_url else []),
        test.readings(blobs),
        release.Releasing(repositories, blobs, keys, settings.url).phases(),
        *rollouts.machines(),
        incident.Opening(repositories, telemetry).phases(),
    ]
    return Loop(
        repositories,
        reception,
        build.Logs(settings.data / "logs", settings.log_bytes_max),
        platform,
        traffic,
        telemetry,
        monitor.Collector(
            telemetry,
            lambda: house.read_now(HOUSE, deploy.running),
            traffic.counters,
            platform.log_path,
            settings.data / "telemetry" / "tails.json",
        ),
        machines,
    )


def calls_of(settings: Settings) -> build.Calls:
    return build.Calls(
        settings.autoscale_url,
        settings.autoscale_secret,
        settings.url,
        settings.autoscale_seconds,
        build.allowed_labels(settings.autoscale_labels),
    )


def end_what_outlives_the_house(settings: Settings) -> None:
    """Services, and what carries requests to them. They go on when a house ends; this is for who wants none left."""
    Envoy(settings.workshop_dir / "traffic", settings.traffic_listen).stop()
    platform = Processes(settings.workshop_dir / "services", settings.port_range)
    for seen in platform.all():
        platform.stop(seen.key)
    give_up_at = time.monotonic() + SERVICES_STOP_SECONDS_MAX
    while any(seen.state != "stopped" for seen in platform.all()) and time.monotonic() < give_up_at:
        time.sleep(LOOK_SECONDS)
    if settings.telemetry:
        # A house that was killed leaves the engine behind; whoever starts it may end it.
        telemetry = Chdb(settings.data / "telemetry")
        telemetry.start()
        telemetry.stop()


def put_together(settings: Settings, house: House) -> Program:
    """The program over an open house. Its rounds and its stream run from the server's start to its stop."""
    blobs, keys = open_storage(settings), open_vault(settings, house)
    loop = open_loop(settings, house, blobs, keys)
    owner = f"house-{secrets.token_hex(4)}"
    rounds = Rounds(
        house,
        owner,
        timers=[*people.timers(settings), *build.timers(settings.cache_days)],
        machines=loop.machines,
        others=[
            loop.reception,
            loop.telemetry,
            loop.collector,
            build.Scaler(house, calls_of(settings)),
            Sweeper(house, blobs, [partial(loop.logs.forget_older, settings.log_days)]),
        ],
    )
    stream = Stream(house)

    @asynccontextmanager
    async def running(_: Litestar) -> AsyncGenerator[None]:
        await stream.start()
        await anyio.to_thread.run_sync(rounds.start)
        try:
            yield
        finally:
            await stream.stop()
            await anyio.to_thread.run_sync(rounds.stop)

    known = {
        "house": house,
        "board": build.Board(house.bell),
        "blobs": blobs,
        "keys": keys,
        "frame": framed(settings, loop.telemetry),
        "settings": settings,
        "stream": stream,
    }
    app = Litestar(
        route_handlers=HANDLERS,
        middleware=[people_routes.Authentication(house, settings)],
        exception_handlers=problems(STATUSES, rest_routes.ways),
        state=State(known | loop.state),
        request_max_body_size=settings.body_bytes_max,
        lifespan=[running],
        openapi_config=openapi(),
        logging_config=None,
    )
    return Program(house, blobs, keys, rounds, stream, Guard(app, public_url=settings.public_url or None))


def framed(settings: Settings, telemetry: monitor.Telemetry) -> Frame:
    """What every page stands in, with what each room hangs into it."""
    panels = Panels()
    for page, draw in PANELS:
        panels.hang(page, draw)
    return Frame(
        pages={name: Path(str(room.__file__)).parent / "pages" for name, room in ROOMS.items()},
        assets=Assets.load(),
        places=PLACES,
        panels=panels,
        stages=[
            plan_routes.stages,
            code_routes.stages,
            build_routes.stages,
            test_routes.stages,
            release_routes.stages,
            deploy_routes.stages,
            monitor_routes.stages(telemetry),
        ],
        remember=people_routes.remember,
        compiled=settings.data / "compiled" / VERSION,
    )


def openapi() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Dure",
        version=VERSION,
        description="Everything that the pages and the command line do, for programs.",
        path="/api",
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        components=Components(
            security_schemes={"token": SecurityScheme(type="http", scheme="bearer", description="A token of yours.")}
        ),
        security=[{"token": []}],
    )
