"""Roles: who may give them, and who must stay."""

from concurrent.futures import Future

import pytest

from dure.kit import Forbidden, Invalid, Missing, Refused
from dure.ledger import HOUSE, House, Work, thread
from dure.people import (
    Caller,
    LastAdmin,
    LastOwner,
    Person,
    Role,
    account,
    caller_for,
    check_slug,
    everyone_in,
    grant,
    grant_everyone,
    make_account,
    member_ids,
    members_of,
    people_by_handle,
    revoke,
    role_of,
    scopes_of,
)
from dure.people.person import disable, unmake_admin

HERE = "project:1"


@pytest.fixture
def shop(house: House, ada: Person, ben: Person) -> None:
    """A place that ben owns."""

    def begin(work: Work) -> None:
        unmade = account(work, ada.id)
        assert unmade.is_admin
        grant(work, HERE, ben.id, Role.OWNER)

    house.write_now(HOUSE, begin)


@pytest.fixture
def kim(house: House) -> Person:
    return house.write_now(HOUSE, lambda work: make_account(work, handle="kim", name="김철수"))


@pytest.mark.usefixtures("shop")
def test_roles_are_had_where_they_were_given(house: House, ada: Person, ben: Person, kim: Person) -> None:
    house.write_now(caller_for(ben), lambda work: grant(work, HERE, kim.id, Role.REPORTER))

    def roles(work: Work) -> list[Role | None]:
        actors = [caller_for(person) for person in (ada, ben, kim)]
        return [role_of(work, scope, actor) for scope in (HERE, "project:2") for actor in actors]

    assert house.read_now(HOUSE, roles) == [Role.OWNER, Role.OWNER, Role.REPORTER, Role.OWNER, None, None]
    assert house.read_now(caller_for(kim), scopes_of) == frozenset({HERE, kim.ref})
    assert house.read_now(caller_for(ada), scopes_of) is None
    assert house.read_now(HOUSE, lambda work: member_ids(work, HERE)) == {ben.id, kim.id}


@pytest.mark.usefixtures("shop")
def test_everyone_signed_in_may_be_something(house: House, ben: Person, kim: Person) -> None:
    house.write_now(caller_for(ben), lambda work: grant_everyone(work, HERE, Role.GUEST))
    house.write_now(caller_for(ben), lambda work: grant_everyone(work, HERE, Role.REPORTER))
    assert house.read_now(caller_for(kim), lambda work: role_of(work, HERE)) == Role.REPORTER
    assert house.read_now(caller_for(ben), lambda work: role_of(work, HERE)) == Role.OWNER
    assert house.read_now(HOUSE, lambda work: everyone_in(work, HERE)) == Role.REPORTER

    house.write_now(caller_for(ben), lambda work: grant_everyone(work, HERE, None))

    assert house.read_now(caller_for(kim), lambda work: role_of(work, HERE)) is None
    with pytest.raises(Forbidden):
        house.write_now(caller_for(ben), lambda work: grant_everyone(work, HERE, Role.MAINTAINER))


@pytest.mark.usefixtures("shop")
def test_nobody_gives_or_takes_more_than_they_have(house: House, ben: Person, kim: Person) -> None:
    lee = house.write_now(HOUSE, lambda work: make_account(work, handle="lee", name="Lee"))
    house.write_now(HOUSE, lambda work: grant(work, HERE, kim.id, Role.MAINTAINER))
    as_kim = caller_for(kim)

    house.write_now(as_kim, lambda work: grant(work, HERE, lee.id, Role.MAINTAINER))
    for beyond in (
        lambda work: grant(work, HERE, lee.id, Role.OWNER),
        lambda work: grant(work, HERE, ben.id, Role.GUEST),
        lambda work: revoke(work, HERE, ben.id),
    ):
        with pytest.raises(Forbidden):
            house.write_now(as_kim, beyond)


@pytest.mark.usefixtures("shop")
def test_the_last_owner_stays(house: House, ben: Person, kim: Person) -> None:
    as_ben = caller_for(ben)
    for leaving in (
        lambda work: revoke(work, HERE, ben.id),
        lambda work: grant(work, HERE, ben.id, Role.DEVELOPER),
    ):
        with pytest.raises(LastOwner):
            house.write_now(as_ben, leaving)

    house.write_now(as_ben, lambda work: grant(work, HERE, kim.id, Role.OWNER))
    house.write_now(as_ben, lambda work: revoke(work, HERE, ben.id))

    members = house.read_now(HOUSE, lambda work: members_of(work, HERE))
    assert [(member.handle, member.role) for member in members] == [("kim", Role.OWNER)]


@pytest.mark.usefixtures("shop")
def test_two_owners_who_leave_at_once_do_not_both_leave(house: House, ben: Person, kim: Person) -> None:
    house.write_now(caller_for(ben), lambda work: grant(work, HERE, kim.id, Role.OWNER))

    def leave(person: Person) -> Future[None]:
        return house.database.write(lambda session: revoke(Work(session, caller_for(person)), HERE, person.id))

    futures = [leave(ben), leave(kim)]

    assert sorted(type(future.exception(timeout=30)).__name__ for future in futures) == ["LastOwner", "NoneType"]


@pytest.mark.usefixtures("shop")
def test_the_ledger_tells_of_roles(house: House, ben: Person, kim: Person) -> None:
    house.write_now(caller_for(ben), lambda work: grant(work, HERE, kim.id, Role.DEVELOPER))
    house.write_now(caller_for(kim), lambda work: revoke(work, HERE, kim.id))
    entries = house.read_now(HOUSE, lambda work: thread(work, HERE))
    assert [f"{entry.actor_name} {entry.sentence()}" for entry in entries] == [
        "dure gave ben the role owner here",
        "ben gave kim the role developer here",
        "kim ended the membership of kim",
    ]
    assert {entry.within for entry in entries} == {HERE}


def test_the_only_admin_stays(house: House, ada: Person) -> None:
    for leaving in (lambda work: unmake_admin(work, ada.id), lambda work: disable(work, ada.id)):
        with pytest.raises(LastAdmin):
            house.write_now(caller_for(ada), leaving)


def test_accounts_are_made_by_admins(house: House, ben: Person) -> None:
    with pytest.raises(Forbidden):
        house.write_now(caller_for(ben), lambda work: make_account(work, handle="eve", name="Eve"))
    with pytest.raises(Forbidden):
        house.write_now(Caller("token:1", "robot"), lambda work: make_account(work, handle="eve", name="Eve"))


@pytest.mark.parametrize("handle", ["", "a", "-ab", "ab-", "a--b", "a b", "한글", "a" * 40, "me", "api", "../x", "a\n"])
def test_a_handle_is_a_plain_word(handle: str) -> None:
    assert check_slug(handle) is not None


@pytest.mark.parametrize("handle", ["ab", "ada-2", "a" * 39, "0x"])
def test_a_plain_word_is_a_handle(handle: str) -> None:
    assert check_slug(handle) is None


@pytest.mark.usefixtures("ben")
def test_a_handle_is_one_persons(house: House) -> None:
    with pytest.raises(Invalid, match="Somebody has this name already"):
        house.write_now(HOUSE, lambda work: make_account(work, handle="BEN", name="Other"))
    assert list(house.read_now(HOUSE, lambda work: people_by_handle(work, ["Ben", "nobody"]))) == ["ben"]


def test_a_name_cannot_hide_or_turn_what_it_says(house: House) -> None:
    made = house.write_now(HOUSE, lambda work: make_account(work, handle="eve", name=" Eve\u202e\u200b\x00  Smith "))
    assert made.name == "Eve Smith"


def test_a_disabled_account_gets_no_role(house: House, ada: Person, ben: Person) -> None:
    house.write_now(caller_for(ada), lambda work: disable(work, ben.id))
    with pytest.raises(Refused, match="disabled"):
        house.write_now(HOUSE, lambda work: grant(work, HERE, ben.id, Role.GUEST))
    with pytest.raises(Missing):
        house.write_now(HOUSE, lambda work: revoke(work, HERE, ben.id))
