"""Workflows hear of deployments and of each of their turns."""

from sqlalchemy import select

from dure import deploy
from dure.build import Planning
from dure.ledger import HOUSE
from tests.deploy.test_rollout import go_live
from tests.deploy.yard import Yard


def raised(yard: Yard) -> list[Planning]:
    rows = select(Planning).order_by(Planning.id)
    return list(yard.house.read_now(HOUSE, lambda work: work.session.scalars(rows).all()))


def states(yard: Yard) -> list[tuple[str, str]]:
    told = [each.happened.payload for each in raised(yard) if each.name == "deployment_status"]
    return [(each["deployment"]["ref"], each["deployment_status"]["state"]) for each in told]


def test_a_deployment_and_its_turns(yard: Yard) -> None:
    go_live(yard, "1.0.0")
    (made,) = [each for each in raised(yard) if each.name == "deployment"]
    assert (made.ref, made.sha, made.type) == ("refs/tags/v1.0.0", yard.row(1).sha, "created")
    assert made.happened.payload["deployment"]["environment"] == "production"
    assert states(yard) == [("v1.0.0", "in_progress"), ("v1.0.0", "success")]

    go_live(yard, "1.1.0")
    yard.do(deploy.roll_back)
    yard.until_still()
    assert ("v1.1.0", "inactive") in states(yard)
