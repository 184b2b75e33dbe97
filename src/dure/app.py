"""The whole program, put together in one place: engines chosen, rooms in order, routes mounted, reactions wired."""

import secrets
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import anyio.to_thread
from litestar import Litestar
from litestar.datastructures import State
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from dure import people, plan, policy
from dure.ledger import HOUSE, Closed, House, NotSaved, Rounds, Stream, migrate, open_database
from dure.people import routes as people_routes
from dure.plan import reactions as plan_reactions
from dure.plan import routes as plan_routes
from dure.policy import routes as policy_routes
from dure.settings import Settings
from dure.shell import Assets, Frame, Guard, Panels, problems
from dure.shell import routes as shell_routes
from dure.storage import Blobs, BlobTooLarge, Shelf, StorageFull, open_blobs
from dure.storage.engines.disk import Disk
from dure.storage.engines.s3 import S3, bucket_at
from dure.vault import Keyring, check_keys, open_keyring, resume_rotation, wrapping_by

VERSION = version("dure")
SNAPSHOTS = "snapshots"

ROOMS = {"people": people, "policy": policy, "plan": plan}
"""The rooms with pages of their own."""

REACTIONS = [*plan_reactions.reactions]
STATUSES: dict[type[Exception], int] = {NotSaved: 507, Closed: 503, StorageFull: 507, BlobTooLarge: 413}
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


def put_together(settings: Settings, house: House) -> Program:
    """The program over an open house. Its rounds and its stream run from the server's start to its stop."""
    blobs, keys = open_storage(settings), open_vault(settings, house)
    owner = f"house-{secrets.token_hex(4)}"
    rounds = Rounds(house, owner, timers=[*people.timers(settings)])
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

    frame = Frame(
        pages={name: Path(str(room.__file__)).parent / "pages" for name, room in ROOMS.items()},
        assets=Assets.load(),
        places=[*plan_routes.places, *people_routes.places],
        panels=Panels(),
        remember=people_routes.remember,
    )
    app = Litestar(
        route_handlers=[
            *shell_routes.handlers,
            *people_routes.handlers,
            *policy_routes.handlers,
            *plan_routes.handlers,
        ],
        middleware=[people_routes.Authentication(house, settings)],
        exception_handlers=problems(STATUSES),
        state=State(
            {"house": house, "blobs": blobs, "keys": keys, "frame": frame, "settings": settings, "stream": stream}
        ),
        request_max_body_size=settings.body_bytes_max,
        lifespan=[running],
        openapi_config=openapi(),
        logging_config=None,
    )
    return Program(house, blobs, keys, rounds, stream, Guard(app, public_url=settings.public_url or None))


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
