"""Tokens: what a program may do with one, and how it ends."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select, update

from dure.kit import Forbidden, now
from dure.ledger import HOUSE, House, Work
from dure.people import (
    NewToken,
    Person,
    Role,
    Token,
    caller_for,
    grant,
    make_project_token,
    make_token,
    revoke_token,
    role_of,
    tokens_in,
)
from dure.people.doorkeeper import caller_with
from tests.people.conftest import PASSWORD, Open, sign_in


def token_for(house: House, person: Person, scope: str = "write", days: int = 90) -> str:
    make = partial(make_token, name="laptop", scopes=[scope], days=days)
    return house.write_now(caller_for(person), make).secret


def test_a_token_acts_for_its_maker(house: House, browser: Open, ben: Person) -> None:
    program = browser(token_for(house, ben))
    told = program.get("/api/v1/me").json()
    assert (told["ref"], told["handle"], told["token"]["scopes"]) == (ben.ref, "ben", ["read", "write"])


def test_a_token_is_shown_once_and_kept_as_a_digest(house: House, browser: Open, ben: Person) -> None:
    client = browser()
    sign_in(client, "ben")

    page = client.post("/me/tokens", data={"name": "laptop", "scope": "write", "days": "30"}).text

    secret = page.split('class="secret">')[1].split("<")[0]
    assert secret.startswith("dure_pat_")
    assert secret not in client.get("/me/tokens").text
    assert browser(secret).get("/api/v1/me").json()["handle"] == ben.handle
    kept = house.read_now(HOUSE, lambda work: work.session.scalars(select(Token)).one())
    assert secret not in repr(kept)


def test_a_program_signs_in_by_password_as_slowly_as_people(browser: Open, ben: Person) -> None:
    words = {"handle": "ben", "password": PASSWORD, "name": "laptop"}
    made = browser().post("/api/v1/tokens", json=words)
    assert made.status_code == 201
    assert browser(made.json()["token"]).get("/api/v1/me").json()["ref"] == ben.ref

    wrong = [browser().post("/api/v1/tokens", json={**words, "password": "wrong"}).status_code for _ in range(11)]

    assert wrong == [401] * 10 + [429]


@pytest.mark.parametrize("secret", ["dure_pat_unknown", "x", "x" * 5000, "dure_ses_" + "a" * 43])
def test_an_unknown_token_opens_nothing(browser: Open, secret: str) -> None:
    for path in ("/api/v1/me", "/sign-in", "/me"):
        answer = browser().get(path, headers={"Authorization": f"Bearer {secret}", "Accept": "application/json"})
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "unauthenticated"


def test_an_expired_token_says_so(house: House, browser: Open, ben: Person) -> None:
    secret = token_for(house, ben)
    past = now() - timedelta(seconds=1)
    house.write_now(HOUSE, lambda work: work.session.execute(update(Token).values(expires_at=past)).close())
    answer = browser(secret).get("/api/v1/me")
    assert answer.status_code == 401
    assert "has expired" in answer.json()["error"]["message"]


def test_a_revoked_token_is_dead_at_once(house: House, browser: Open, ben: Person) -> None:
    program = browser(token_for(house, ben))
    number = program.get("/api/v1/me").json()["token"]["id"]

    assert program.delete("/api/v1/me/tokens/current").status_code == 204

    answer = program.get("/api/v1/me")
    assert answer.status_code == 401
    assert "was revoked" in answer.json()["error"]["message"]
    client = browser()
    sign_in(client, "ben")
    assert client.post(f"/me/tokens/{number}/revoke").status_code == 404


def test_the_token_of_a_disabled_account_is_dead(house: House, browser: Open, ada: Person, ben: Person) -> None:
    program, admin = browser(token_for(house, ben)), browser()
    sign_in(admin, ada.handle)
    assert program.get("/api/v1/me").status_code == 200
    admin.post(f"/admin/people/{ben.id}/disabled", data={"on": "true"})
    assert program.get("/api/v1/me").status_code == 401


def test_a_token_makes_others_only_with_the_scope_admin(house: House, browser: Open, ben: Person) -> None:
    words = {"name": "another", "scopes": ["admin"]}
    assert browser(token_for(house, ben)).post("/api/v1/me/tokens", json=words).status_code == 403
    assert browser(token_for(house, ben, "admin")).post("/api/v1/me/tokens", json=words).status_code == 201


def test_an_admins_token_is_an_admin_only_with_the_scope_admin(house: House, browser: Open, ada: Person) -> None:
    assert browser(token_for(house, ada)).get("/api/v1/me").json()["is_admin"] is False
    assert browser(token_for(house, ada, "admin")).get("/api/v1/me").json()["is_admin"] is True


def test_pages_are_for_people(house: House, browser: Open, ada: Person) -> None:
    program = browser(token_for(house, ada, "admin"))
    for path in ("/me", "/me/tokens", "/admin/people"):
        assert program.get(path).status_code == 403


@pytest.mark.parametrize(
    "words",
    [
        {},
        {"name": "", "days": 1},
        {"name": "x", "days": 0},
        {"name": "x", "days": 10_000},
        {"name": "x", "scopes": ["everything"]},
        {"name": "x", "scopes": []},
        {"name": "x" * 101},
        {"name": 5},
        {"name": "x", "more": 1},
        [],
    ],
)
def test_words_that_cannot_be_used_are_refused(house: House, browser: Open, ben: Person, words: object) -> None:
    answer = browser(token_for(house, ben, "admin")).post("/api/v1/me/tokens", json=words)
    assert answer.status_code in (400, 422)
    assert answer.json()["error"]["message"]


def test_the_last_use_of_a_token_is_noted(house: House, browser: Open, ben: Person) -> None:
    program = browser(token_for(house, ben))
    program.get("/api/v1/me")
    assert program.get("/api/v1/me/tokens").json()["tokens"][0]["used_at"] is not None


def test_a_projects_token_is_somebody_in_its_project_alone(house: House, browser: Open, ben: Person) -> None:
    def make(work: Work) -> NewToken:
        grant(work, "project:1", ben.id, Role.OWNER)
        grant(work, "project:2", ben.id, Role.OWNER)
        return make_project_token(work, "project:1", name="robot", role=Role.DEVELOPER)

    made = house.write_now(caller_for(ben), make)

    assert made.secret.startswith("dure_prt_")
    robot = caller_with(made.token, None)
    assert robot.ref == f"token:{made.token.id}"
    assert house.read_now(robot, lambda work: role_of(work, "project:1")) == Role.DEVELOPER
    assert house.read_now(robot, lambda work: role_of(work, "project:2")) is None
    program = browser(made.secret)
    told = program.get("/api/v1/me").json()
    assert (told["handle"], told["token"]["within"]) == ("robot", "project:1")
    assert program.get("/api/v1/people").status_code == 403
    assert program.get("/api/v1/me/tokens").status_code == 403

    house.write_now(caller_for(ben), lambda work: revoke_token(work, made.token.id, within="project:1"))
    house.bell.ring(["people"])
    assert program.get("/api/v1/me").status_code == 401
    assert not house.read_now(HOUSE, lambda work: tokens_in(work, "project:1"))


def test_nobody_makes_a_token_above_their_own_role(house: House, ada: Person, ben: Person) -> None:
    def prepare(work: Work) -> None:
        grant(work, "project:1", ada.id, Role.OWNER)
        grant(work, "project:1", ben.id, Role.REPORTER)

    house.write_now(HOUSE, prepare)
    with pytest.raises(Forbidden):
        house.write_now(
            caller_for(ben), lambda work: make_project_token(work, "project:1", name="x", role=Role.DEVELOPER)
        )


def test_everybody_is_listed_in_pages(house: House, browser: Open, ada: Person, ben: Person) -> None:
    program = browser(token_for(house, ben, "read"))
    told = program.get("/api/v1/people").json()
    assert [person["handle"] for person in told["people"]] == [ada.handle, ben.handle]
    assert program.get("/api/v1/people", params={"text": "BE"}).json()["people"][0]["handle"] == "ben"
    assert program.get("/api/v1/people", params={"after": "ada"}).json()["people"][0]["handle"] == "ben"
