"""The gate: every role against every kind of action, tokens, and what must not show that it exists."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from dure import policy
from dure.kit import Forbidden, Missing, say
from dure.ledger import HOUSE, Actor, House
from dure.people import Caller, Person, Role, caller_for, grant
from dure.policy.gate import REGISTER
from dure.shell import ANONYMOUS

HERE = "project:1"
ROLES = [None, *Role]
NEEDED = {"try.read": Role.GUEST, "try.do": Role.DEVELOPER, "try.own": Role.MAINTAINER, "try.all": Role.OWNER}


@pytest.fixture(autouse=True)
def actions() -> Iterator[None]:
    for name, role in NEEDED.items():
        token = "read" if name == "try.read" else "admin" if name == "try.all" else "write"
        own = Role.REPORTER if name == "try.own" else None
        policy.action(name, role, say("try things"), token=token, own=own)
    yield
    for name in NEEDED:
        del REGISTER[name]


def may(house: House, actor: Actor, name: str, *, own: bool = False) -> bool:
    return house.read_now(actor, lambda work: policy.may(work, name, HERE, own=own))


@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_what_it_may(house: House, ben: Person, role: Role | None) -> None:
    if role is not None:
        house.write_now(HOUSE, lambda work: grant(work, HERE, ben.id, role))
    for name, needed in NEEDED.items():
        assert may(house, caller_for(ben), name) == (role is not None and role >= needed)
    assert may(house, caller_for(ben), "try.own", own=True) == (role is not None and role >= Role.REPORTER)


def test_what_one_may_not_read_does_not_exist(house: House, ben: Person) -> None:
    for actor in (caller_for(ben), ANONYMOUS, Actor(ben.ref, "ben")):
        with pytest.raises(Missing):
            house.read_now(actor, lambda work: policy.require(work, "try.read", HERE))


def test_too_low_a_role_is_told_what_it_takes(house: House, ben: Person) -> None:
    house.write_now(HOUSE, lambda work: grant(work, HERE, ben.id, Role.GUEST))
    with pytest.raises(Forbidden, match=r"Your role here is guest\. It takes the role developer to try things\."):
        house.read_now(caller_for(ben), lambda work: policy.require(work, "try.do", HERE))


def test_the_house_and_its_admins_may_everything(house: House, ada: Person) -> None:
    for actor in (HOUSE, caller_for(ada)):
        assert all(may(house, actor, name) for name in NEEDED)


@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [
        ({"read"}, {"try.read"}),
        ({"read", "write"}, {"try.read", "try.do", "try.own"}),
        ({"read", "write", "admin"}, set(NEEDED)),
    ],
)
def test_a_token_may_no_more_than_its_scopes(house: House, ben: Person, scopes: set[str], allowed: set[str]) -> None:
    house.write_now(HOUSE, lambda work: grant(work, HERE, ben.id, Role.OWNER))
    program = replace(caller_for(ben), token_scopes=frozenset(scopes))
    assert {name for name in NEEDED if may(house, program, name)} == allowed
    if "write" not in scopes:
        with pytest.raises(Forbidden, match="needs the scope write"):
            house.read_now(program, lambda work: policy.require(work, "try.do", HERE))


def test_a_projects_token_is_bound_to_its_project(house: House) -> None:
    whole = frozenset({"read", "write", "admin"})
    robot = Caller("token:1", "robot", token_scopes=whole, token_project=HERE, token_role=Role.DEVELOPER)
    elsewhere = replace(robot, token_project="project:2")
    assert {name for name in NEEDED if may(house, robot, name)} == {"try.read", "try.do"}
    assert not any(may(house, elsewhere, name) for name in NEEDED)


def test_many_scopes_are_judged_at_once(house: House, ada: Person, ben: Person) -> None:
    house.write_now(HOUSE, lambda work: grant(work, HERE, ben.id, Role.GUEST))

    def judged(actor: Actor) -> list[bool]:
        readable = house.read_now(actor, policy.readable)
        return [readable(scope) for scope in (HERE, "project:2", ben.ref, ada.ref, "house")]

    assert judged(caller_for(ben)) == [True, False, True, False, False]
    assert judged(caller_for(ada)) == [True] * 5
    assert judged(ANONYMOUS) == [False] * 5
    assert house.read_now(caller_for(ben), policy.readable_scopes) == frozenset({HERE, ben.ref})


def test_an_action_is_declared_once_and_well() -> None:
    for name, token, own in (("try.do", "write", None), ("try.new", "all", None), ("try.new", "write", Role.OWNER)):
        with pytest.raises(TypeError):
            policy.action(name, Role.GUEST, say("try things"), token=token, own=own)
    assert {"try.read", "try.do"} <= {action.name for action in policy.actions()}
