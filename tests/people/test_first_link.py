"""The way into a new house, and one-time links after that."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from dure.kit import Missing, now
from dure.ledger import HOUSE, House, Work
from dure.people import Person, anybody, caller_for, first_link, make_link, person
from dure.people.keys import Link, begin_house, person_of_link
from tests.people.conftest import Open, sign_in

FIRST = {"handle": "ada", "name": "Ada", "password": "seven brown ducks"}


def test_the_first_person_comes_in_by_the_link_and_keeps_the_house(house: House, browser: Open) -> None:
    secret = house.write_now(HOUSE, first_link)
    client = browser()
    assert "Welcome to your Dure" in client.get(f"/welcome/{secret}").text

    answer = client.post(f"/welcome/{secret}", data=FIRST)

    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
    assert client.get("/admin").status_code == 200
    ada = house.read_now(HOUSE, lambda work: person(work, "ada"))
    assert ada.is_admin


def test_the_first_link_opens_once(house: House, browser: Open) -> None:
    secret = house.write_now(HOUSE, first_link)
    assert browser().post(f"/welcome/{secret}", data=FIRST).status_code == 303

    again = browser().post(f"/welcome/{secret}", data={**FIRST, "handle": "eve"})

    assert again.status_code == 404
    assert "used already" in again.text
    assert browser().get(f"/welcome/{secret}").status_code == 404
    assert house.write_now(HOUSE, first_link) is None


def test_a_newer_first_link_ends_the_older_one(house: House, browser: Open) -> None:
    old = house.write_now(HOUSE, first_link)
    new = house.write_now(HOUSE, first_link)

    assert browser().get(f"/welcome/{old}").status_code == 404
    assert browser().get(f"/welcome/{new}").status_code == 200


def test_of_two_who_use_the_first_link_at_once_one_comes_in(house: House) -> None:
    secret = house.write_now(HOUSE, first_link)
    assert secret is not None

    def come(handle: str) -> Person:
        return house.write_now(HOUSE, lambda work: begin_house(work, secret, handle=handle, name="X", hashed="x"))

    futures = [
        house.database.write(
            lambda session, handle=handle: begin_house(  # type: ignore[misc]
                Work(session, HOUSE), secret, handle=handle, name="X", hashed="x"
            )
        )
        for handle in ("ada", "eve", "kim", "lee")
    ]
    failures = [future.exception(timeout=30) for future in futures]

    assert sum(failure is None for failure in failures) == 1
    assert sum(isinstance(failure, Missing) for failure in failures) == 3
    with pytest.raises(Missing):
        come("zoe")


def test_a_link_expires(house: House, browser: Open) -> None:
    secret = house.write_now(HOUSE, first_link)
    past = now() - timedelta(seconds=1)
    house.write_now(HOUSE, lambda work: work.session.execute(update(Link).values(expires_at=past)).close())

    assert browser().get(f"/welcome/{secret}").status_code == 404
    assert browser().post(f"/welcome/{secret}", data=FIRST).status_code == 404
    assert not house.read_now(HOUSE, anybody)


@pytest.mark.usefixtures("ada")
def test_a_link_nobody_made_leads_nowhere(browser: Open) -> None:
    for link in ("x", "dure_link_" + "a" * 43, "%00", "a" * 5000):
        assert browser().get(f"/welcome/{link}").status_code == 404


def test_a_weak_password_is_refused_with_a_reason_and_the_link_stays(house: House, browser: Open) -> None:
    secret = house.write_now(HOUSE, first_link)
    client = browser()
    for password, reason in (
        ("short", "At least 10 characters"),
        ("aaaaaaaaaaaaaaaa", "too easy"),
        ("x" * 90 + "yzw" * 50, "At most 200"),
    ):
        answer = client.post(f"/welcome/{secret}", data={**FIRST, "password": password})
        assert answer.status_code == 422
        assert reason in answer.text
    assert client.post(f"/welcome/{secret}", data={**FIRST, "handle": "admin"}).status_code == 422
    assert client.post(f"/welcome/{secret}", data={**FIRST, "handle": "A b"}).status_code == 422
    assert client.post(f"/welcome/{secret}", data=FIRST).status_code == 303


def test_a_forgotten_password_is_replaced_by_a_link_and_old_sign_ins_end(
    house: House, browser: Open, ada: Person, ben: Person
) -> None:
    old = browser()
    assert sign_in(old, "ben").status_code == 303
    secret = house.write_now(caller_for(ada), lambda work: make_link(work, ben.id))
    fresh = browser()

    assert fresh.post(f"/welcome/{secret}", data={"password": "nine green geese"}).status_code == 303

    assert fresh.get("/me").status_code == 200
    assert old.get("/me").headers["location"].startswith("/sign-in")
    assert sign_in(browser(), "ben").status_code == 422
    assert sign_in(browser(), "ben", "nine green geese").status_code == 303


@pytest.mark.usefixtures("ada")
def test_an_admin_makes_an_account_and_its_link_is_shown_once(house: House, browser: Open) -> None:
    client = browser()
    sign_in(client, "ada")

    answer = client.post("/admin/people", data={"handle": "kim", "name": "김철수"})

    assert answer.status_code == 200
    secret = answer.text.split("/welcome/")[1].split("<")[0]
    assert secret not in client.get("/admin/people/kim").text
    kim = house.read_now(HOUSE, lambda work: person_of_link(work, secret))
    assert kim is not None
    assert kim.name == "김철수"
    assert browser().post(f"/welcome/{secret}", data={"password": "nine green geese"}).status_code == 303


def test_a_disabled_account_has_no_way_in(house: House, browser: Open, ada: Person, ben: Person) -> None:
    secret = house.write_now(caller_for(ada), lambda work: make_link(work, ben.id))
    admin, other = browser(), browser()
    sign_in(admin, "ada")
    sign_in(other, "ben")

    assert admin.post(f"/admin/people/{ben.id}/disabled", data={"on": "true"}).status_code == 303

    assert other.get("/me").status_code == 303
    assert sign_in(browser(), "ben").status_code == 409
    assert browser().post(f"/welcome/{secret}", data={"password": "nine green geese"}).status_code == 404
