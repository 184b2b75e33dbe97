"""A deployment over one that is live, carried on by owners who die, stall and race."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select

from dure import plan
from dure.code import create_repository
from dure.deploy import Deployment, Keeping, Rollouts, deployments_of
from dure.deploy.deployment import UNDER_WAY, begin_by_itself, parcel_of, settle_for, take_step, turn_to
from dure.deploy.rollout import watching
from dure.deploy.rollout.starting import place_first
from dure.deploy.rollout.taking_over import go_live
from dure.ledger import House, Reconciler, Work, database_time, thread
from dure.plan import Project
from dure.release import Release
from dure.storage import Blobs, open_blobs
from dure.storage.engines.disk import Disk
from dure.vault import open_keyring
from tests.deploy.outside import LastingPlatform, LastingTraffic, outside
from tests.deploy.yard import ONE_ENVIRONMENT, release_row, tar_of
from tests.parts.killpoints import Pause, Scenario

MARK = "a-world-of-one"
GOOD, BAD = "good", "bad"


def app(service: str) -> str:
    return f"""
services:
  {service}:
    command: python app.py
    x-dure:
      port: PORT
      rollout: {{steps: [10, 100], step_seconds: 0.1, enough_requests: 5, keep_old_seconds: 0}}
{ONE_ENVIRONMENT}"""


def root_of(world: Path) -> Path:
    """A trial of one gets its own world; in a race all get the folder of all worlds."""
    return world.parent if (world / MARK).exists() else world


def blobs_at(root: Path) -> Blobs:
    return open_blobs(Disk(root / "blobs"), root / "spool", 1 << 24)


def rounds(house: House, world: Path, owner: str, lease_seconds: float, pause: Pause) -> Sequence[Reconciler[Any]]:
    root = root_of(world)
    watching.TICK_SECONDS = 0.02
    keys = open_keyring(root / "keys" / "master.key")
    rollouts = Rollouts(LastingPlatform(root), LastingTraffic(root), blobs_at(root), keys)
    # The round of keeping is never ended here, so that there are as many points as the deployment itself has.
    return [
        rollouts.phases().reconciler(house, owner, lease_seconds=lease_seconds, pause=pause),
        rollouts.keeping().reconciler(house, owner, lease_seconds=lease_seconds),
    ]


def submit_service(work: Work, world: Path, service: str) -> None:
    """A project in which 1.0.0 is live, as its rows say, and 1.1.0 begins."""
    (world / MARK).touch()
    digest = blobs_at(world.parent).put([tar_of({"app.py": "pass"})])
    project = plan.make_project(work, owner="village", name=world.name)
    create_repository(work, project)
    for version in ("1.0.0", "1.1.0"):
        release_id = release_row(work, project, version, app(service), digest, told=False)
        parcel = parcel_of(work.session.get_one(Release, release_id))
        place = settle_for(work, project, parcel)[0]
        row = begin_by_itself(work, project, place, parcel)
        assert row is not None
        if version == "1.0.0":
            stand(work, row)


def stand(work: Work, row: Deployment) -> None:
    """It is live, as its own phases would have left it."""
    place_first(work, row)
    take_step(work, row, 0, 100)
    go_live(work, row)
    turn_to(work, row, "live")
    row.wake_at = None
    work.session.flush()


def unfinished(work: Work) -> bool:
    moving = select(Deployment.id).where(Deployment.phase.in_(UNDER_WAY) | Deployment.wake_at.is_not(None))
    due = select(Keeping.id).where(Keeping.wake_at <= database_time(work.session))
    return any(work.session.execute(query.limit(1)).first() is not None for query in (moving, due))


def check_good(work: Work, world: Path) -> None:
    old, new = rows_of(work, world)
    assert (old.phase, new.phase) == ("replaced", "live")
    told = [entry.kind for entry in thread(work, new.ref)]
    assert [kind for kind in told if kind != "deploy.verdict_given"] == [
        "deploy.begun",
        "deploy.step_reached",
        "deploy.step_reached",
        "deploy.went_live",
    ]
    check_outside(world, new, old, f"{GOOD}.production.{world.name}.localhost", [10, 100])


def check_bad(work: Work, world: Path) -> None:
    old, new = rows_of(work, world)
    assert (old.phase, new.phase) == ("live", "rolled_back")
    told = [entry.kind for entry in thread(work, new.ref)]
    assert [kind for kind in told if kind != "deploy.verdict_given"] == [
        "deploy.begun",
        "deploy.step_reached",
        "deploy.rolled_back",
    ]
    check_outside(world, old, new, f"{BAD}.production.{world.name}.localhost", [10, 0])


def rows_of(work: Work, world: Path) -> tuple[Deployment, Deployment]:
    project = work.session.scalars(select(Project).where(Project.name == world.name)).one()
    new, old = deployments_of(work, project)
    return old, new


def check_outside(world: Path, stays: Deployment, goes: Deployment, host: str, weights: list[int]) -> None:
    """One version runs and has all of the traffic; the weights were given in their order, and none was given twice."""
    newest = max(stays.id, goes.id)
    with outside(root_of(world), change=False) as seen:
        states = {
            key: one.state for key, one in seen.seen.items() if key.split("-")[0] in (f"d{stays.id}", f"d{goes.id}")
        }
        assert {key.split("-")[0]: state for key, state in states.items()} == {
            f"d{stays.id}": "running",
            f"d{goes.id}": "stopped",
        }
        route = next(route for route in seen.routes if route.host == host)
        assert route.weights == {f"d{stays.id}": 100}
        assert route.upstreams[f"d{stays.id}"]
        given = seen.weights[f"{host} d{newest}"]
        # Houses that race set each other's weights as well; one house sets each of them once.
        assert given[-1:] == weights[-1:] if world.name.startswith("raced") else given == weights


good = Scenario(
    rounds=rounds, submit=lambda work, world: submit_service(work, world, GOOD), unfinished=unfinished, check=check_good
)
bad = Scenario(
    rounds=rounds, submit=lambda work, world: submit_service(work, world, BAD), unfinished=unfinished, check=check_bad
)
