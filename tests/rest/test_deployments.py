"""Deployments of the house as GitHub tells of them: to be read, and not to be made."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from dure.deploy import Deployment, Environment
from dure.ledger import Work
from tests.build.wired import Yard
from tests.rest.conftest import Job

AT = datetime(2026, 11, 28, 10, 0, tzinfo=UTC)


def deployed(yard: Yard, *phases: str) -> list[int]:
    """One in production for each of these, as the machine leaves them."""

    def make(work: Work) -> list[int]:
        place = work.add(
            Environment(project_id=yard.project.id, name="production", position=0, way="automatic", is_production=True)
        )
        rows = [
            work.add(
                Deployment(
                    phase=phase,
                    project_id=yard.project.id,
                    environment_id=place.id,
                    release_id=number,
                    number=number,
                    sha=f"{number}" * 40,
                    version=f"1.{number}.0",
                    source="",
                    app="",
                    strategy="",
                    made_for="hand",
                    made_by=yard.ada.ref,
                    made_by_name=yard.ada.name,
                    made_at=AT,
                )
            )
            for number, phase in enumerate(phases, 1)
        ]
        return [row.id for row in rows]

    return yard.write(make)


@pytest.mark.parametrize(
    ("phase", "state"),
    [("live", "success"), ("failed", "failure"), ("rolled_back", "failure"), ("replaced", "inactive")],
)
def test_how_far_one_is(job: Job, yard: Yard, phase: str, state: str) -> None:
    client = job("{deployments: read}")
    [number] = deployed(yard, phase)
    one = client.get(f"/deployments/{number}").json
    assert (one["environment"], one["ref"], one["production_environment"]) == ("production", "v1.1.0", True)
    assert one["creator"]["login"] == "ada"
    [status] = client.get(f"/deployments/{number}/statuses").json
    assert status["state"] == state


def test_the_newest_come_first_and_can_be_sought(job: Job, yard: Yard) -> None:
    client = job("{deployments: read}")
    ids = deployed(yard, "replaced", "replaced", "live")

    def listed(question: str = "") -> list[int]:
        return [each["id"] for each in client.get(f"/deployments{question}").json]

    assert listed() == ids[::-1]
    assert listed(f"?sha={'2' * 40}") == [ids[1]]
    assert listed("?environment=production&per_page=2&page=2") == [ids[0]]
    assert listed("?environment=nowhere") == []


def test_those_of_an_environment_that_is_named_no_more_stay(job: Job, yard: Yard) -> None:
    client = job("{deployments: read}")
    [number] = deployed(yard, "replaced")

    def rename(work: Work) -> None:
        work.session.scalars(select(Environment)).one().is_named = False
        work.add(Environment(project_id=yard.project.id, name="live", position=0, way="automatic"))

    yard.write(rename)
    for question in ("", "?environment=production"):
        assert [each["id"] for each in client.get(f"/deployments{question}").json] == [number]
    assert client.get("/deployments?environment=live").json == []
    assert client.get(f"/deployments/{number}").json["environment"] == "production"
    [status] = client.get(f"/deployments/{number}/statuses").json
    assert status["environment"] == "production"


def test_they_are_not_made_by_calls_and_need_a_permission(job: Job, yard: Yard) -> None:
    client = job("{deployments: write}")
    [number] = deployed(yard, "live")
    assert client.ask("POST", "/deployments", {"ref": "main"}).status == 404
    assert client.ask("POST", f"/deployments/{number}/statuses", {"state": "success"}).status == 404
    assert client.get("/deployments/999").status == 404
    stranger = job("{contents: write}")
    for path in ("/deployments", f"/deployments/{number}", f"/deployments/{number}/statuses"):
        assert stranger.get(path).status == 403
