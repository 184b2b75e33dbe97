"""Every address of the house, asked by everybody who has no business there: nothing is told, and nothing breaks."""

import re
from urllib.parse import quote

import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from dure import people, plan
from dure.app import HANDLERS
from dure.build import make_runner
from dure.ledger import HOUSE
from dure.people import Caller, Role, make_project_token
from dure.wire.runner import JobOrder
from tests.build.agent import Agent
from tests.build.wired import Yard
from tests.plan.visitor import Answer, Visitor

CI = "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ok\n"
CHANGES = ("POST", "PUT", "PATCH", "DELETE")
HOLE = re.compile(r"\{(\w+):(\w+)\}")
ENDLESS = ("/log.events",)
QUESTIONS = ("q", "workflow", "state", "branch", "sha", "environment", "version", "rev", "path", "what", "ref", "level")
"""The names of questions whose answers are words."""


def doors() -> list[tuple[str, str]]:
    """(method, address) of everything that lies in a project."""
    app = Litestar(route_handlers=HANDLERS, openapi_config=None)
    return sorted(
        (method, route.path)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method in route.methods
        if method in (*CHANGES, "GET")
    )


def filled(path: str, words: str = "x", number: str = "1") -> str:
    known = {"owner": "ada", "name": "shop"}
    return HOLE.sub(lambda hole: known.get(hole[1]) or (number if hole[2] == "int" else words), path)


DOORS = doors()
INSIDE = [
    (method, path)
    for method, path in DOORS
    if "{owner:str}/{name:str}" in path and not path.endswith(("refs", "-pack"))
]
OPEN_TO_GUESTS = {"/ada/shop/members/remove"}
"""Everybody may leave."""


@pytest.fixture
def order(yard: Yard, agent: Agent) -> JobOrder:
    """A project with a bit of everything that a push leads to, and a job under way."""
    yard.workflow(CI)
    return agent.take()


def person(yard: Yard, handle: str, role: str | None = None) -> Caller:
    made = yard.house.write_now(
        HOUSE, lambda work: people.caller_for(people.make_account(work, handle=handle, name=handle.title()))
    )
    if role is not None:
        words = people.NewMember(handle=handle, role=role)
        yard.write(lambda work: plan.add_member(work, yard.project, words))
    return made


def asked(visitor: Visitor, method: str, path: str, words: str = "x") -> Answer:
    body = None if method == "GET" else b"{}" if path.startswith("/api/") else b""
    kind = "application/json" if path.startswith("/api/") else "application/x-www-form-urlencoded"
    return visitor.ask(method, filled(path, words), body, Content_Type=kind)


def test_who_is_nobody_here_is_told_nothing(yard: Yard, site: str, order: JobOrder) -> None:
    """A stranger, somebody without a role, and keys that were made for something else."""
    sora = person(yard, "sora")
    other = yard.write(lambda work: plan.make_project(work, owner="ada", name="other", title="Other"))
    token = yard.write(
        lambda work: make_project_token(work, other.scope, name="ci", role=Role.MAINTAINER, scopes=["admin"]).secret
    )
    runner = yard.house.write_now(HOUSE, lambda work: make_runner(work, "lost"))
    with Visitor.signed_in(site, yard.house, sora) as inside:
        nobodies = {
            "stranger": (Visitor(site), {401, 303}),
            "sora": (inside, {400, 404, 422}),
            "other project": (Visitor(site, {"Authorization": f"Bearer {token}"}), {400, 404, 422}),
            "runner": (Visitor(site, {"Authorization": f"Bearer {runner}"}), {401, 303}),
            "job": (Visitor(site, {"Authorization": f"Bearer {order.job_token}"}), {401, 403}),
        }
        for who, (visitor, fine) in nobodies.items():
            wrong = [
                (method, path, answer.status)
                for method, path in INSIDE
                if (answer := asked(visitor, method, path)).status not in fine
                or (answer.status == 303 and "/sign-in" not in answer.headers.get("location", ""))
            ]
            assert not wrong, who


@pytest.mark.usefixtures("order")
def test_a_guest_changes_nothing(yard: Yard, site: str) -> None:
    gus = person(yard, "gus", "guest")
    with Visitor.signed_in(site, yard.house, gus) as visitor:
        changing = [(method, path) for method, path in INSIDE if method != "GET"]
        wrong = [
            (method, path, answer.status)
            for method, path in changing
            if filled(path) not in OPEN_TO_GUESTS
            and (answer := asked(visitor, method, path)).status not in {400, 403, 404, 422}
        ]
    assert not wrong


@pytest.mark.usefixtures("order")
@pytest.mark.parametrize("words", ["\0", "%00", "a\u2028b", "-x", "..", "\ud7ff", "9" * 30])
def test_odd_letters_break_nothing(ada: Visitor, words: str) -> None:
    """In addresses and in questions, on both databases."""
    wrong = []
    for method, path in INSIDE:
        if method != "GET" or path.endswith(ENDLESS):
            continue
        query = "&".join(f"{name}={quote(words)}" for name in QUESTIONS)
        for address in (filled(path, quote(words, safe="")), f"{filled(path)}?{query}"):
            status = ada.get(address).status
            if status >= 500:
                wrong.append((address, status))
    assert not wrong
