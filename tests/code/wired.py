"""A running house with the tables of this room, while no migration makes them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from tests.parts.house import RunningHouse, running_house
from tests.parts.served import free_port

ROOT = Path(__file__).parents[2]
PATH = os.pathsep.join([str(Path(__file__).parent / "wiring"), str(ROOT)])


def wire() -> None:
    from dure import app  # noqa: PLC0415 - only in the house's own process
    from dure.ledger import Table  # noqa: PLC0415

    whole: Any = app
    if not hasattr(whole.plan_routes, "stages"):
        whole.plan_routes.stages = whole.plan_routes.projects.stages
    migrate = whole.migrate

    def migrated(engine: Engine, snapshots: Path | None = None) -> Path | None:
        done: Path | None = migrate(engine, snapshots)
        Table.metadata.create_all(engine)
        return done

    whole.migrate = migrated


@contextmanager
def coding_house(data: Path, *words: str) -> Iterator[RunningHouse]:
    alone = {
        "PYTHONPATH": PATH,
        "DURE_TELEMETRY": "false",
        "DURE_LOCAL_RUNNER": "false",
        "DURE_TRAFFIC_LISTEN": f"127.0.0.1:{free_port()}",
    }
    with running_house(data, *words, environment=alone) as house:
        yield house
