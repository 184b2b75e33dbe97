"""Signing in and out by password: cookies, rotation, guessing, strangers' pages."""

import unicodedata
from concurrent.futures import Future
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from dure.kit import TooMany, now
from dure.ledger import HOUSE, House, Work, thread
from dure.people import Person
from dure.people.keys import NOBODYS, Guess, Guessing, Hasher, Session, before_guess
from dure.people.routes.sign_in import HASHER
from dure.settings import Settings
from tests.parts.served import served
from tests.people.conftest import PASSWORD, Open, browser_at, put_together, sign_in

GUESSES = 10_000


@pytest.mark.usefixtures("ben")
def test_a_page_asks_to_sign_in_and_leads_back(browser: Open) -> None:
    client = browser()
    answer = client.get("/me/tokens?x=1")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=/me/tokens%3Fx%3D1"

    answer = client.post("/sign-in", data={"handle": "Ben ", "password": PASSWORD, "next": "/me/tokens?x=1"})

    assert answer.status_code == 303
    assert answer.headers["location"] == "/me/tokens?x=1"
    assert client.get("/me/tokens").status_code == 200


@pytest.mark.usefixtures("ben")
def test_nobody_is_led_to_a_strangers_site(browser: Open) -> None:
    for target in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        answer = browser().post("/sign-in", data={"handle": "ben", "password": PASSWORD, "next": target})
        assert answer.headers["location"] == "/"


@pytest.mark.usefixtures("ben")
def test_a_wrong_password_and_a_wrong_name_are_answered_alike(browser: Open) -> None:
    wrong_password = sign_in(browser(), "ben", "not the password")
    wrong_name = sign_in(browser(), "nobody-here", "not the password")

    assert wrong_password.status_code == wrong_name.status_code == 422
    for answer in (wrong_password, wrong_name):
        assert "The name or the password is not right." in answer.text
        assert "dure_session" not in answer.cookies


@pytest.mark.usefixtures("ben")
def test_a_browser_with_scripts_gets_the_error_at_the_field(browser: Open) -> None:
    words = {"handle": "ben", "password": "not the password"}
    answer = browser().post("/sign-in", data=words, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert "password" in answer.headers["hx-trigger"]


def test_nobodys_hash_is_as_slow_as_everybodys() -> None:
    assert not Hasher().is_old(NOBODYS)


@pytest.mark.usefixtures("ben")
def test_cookies_are_closed_to_scripts_and_strangers(browser: Open) -> None:
    for cookie in sign_in(browser(), "ben").headers.get_list("set-cookie"):
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Path=/" in cookie
        assert "Secure" not in cookie


@pytest.mark.usefixtures("ben")
def test_cookies_never_travel_in_the_clear_where_people_come_by_https(house: House, settings: Settings) -> None:
    app = put_together(house, Settings(data=settings.data, public_url="https://dure.example"))
    with served(app) as address, browser_at(address) as client:
        cookies = sign_in(client, "ben").headers.get_list("set-cookie")
    assert len(cookies) == 2
    assert all("Secure" in cookie for cookie in cookies)


@pytest.mark.usefixtures("ben")
def test_a_post_from_a_strangers_page_is_refused(browser: Open) -> None:
    client = browser()
    sign_in(client, "ben")
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        answer = client.post("/me/sessions/end-all", headers=headers)
        assert answer.status_code == 403
    assert client.get("/me").status_code == 200


@pytest.mark.usefixtures("ben")
def test_signing_out_ends_the_session_at_once(browser: Open) -> None:
    client = browser()
    sign_in(client, "ben")
    key = client.cookies["dure_session"]
    assert client.get("/me").status_code == 200

    assert client.post("/sign-out").status_code == 303

    assert "dure_session" not in client.cookies
    client.cookies.set("dure_session", key)
    assert client.get("/me").status_code == 303


@pytest.mark.usefixtures("ben")
def test_signing_out_everywhere_ends_every_browser(browser: Open) -> None:
    clients = [browser() for _ in range(3)]
    for client in clients:
        sign_in(client, "ben")
        assert client.get("/me").status_code == 200

    assert clients[0].post("/me/sessions/end-all").status_code == 303

    assert [client.get("/me").status_code for client in clients] == [303, 303, 303]


@pytest.mark.usefixtures("ben")
def test_one_browser_is_signed_out_from_another(house: House, browser: Open) -> None:
    here, there = browser(), browser()
    sign_in(there, "ben")
    sign_in(here, "ben")
    page = here.get("/me/sessions").text
    assert page.count("Firefox, Linux") == 2
    oldest = house.read_now(HOUSE, lambda work: work.session.scalars(select(Session.id).order_by(Session.id)).first())

    assert here.post(f"/me/sessions/{oldest}/end").status_code == 303

    assert there.get("/me").status_code == 303
    assert here.get("/me").status_code == 200
    assert here.post(f"/me/sessions/{oldest}/end").status_code == 404


def test_nobody_ends_the_session_of_another(house: House, browser: Open, ada: Person, ben: Person) -> None:
    mine, theirs = browser(), browser()
    sign_in(mine, ben.handle)
    sign_in(theirs, ada.handle)
    whose = select(Session.id).where(Session.person_id == ada.id)
    number = house.read_now(HOUSE, lambda work: work.session.scalar(whose))

    assert mine.post(f"/me/sessions/{number}/end").status_code == 404
    assert theirs.get("/me").status_code == 200


@pytest.mark.usefixtures("ben")
def test_a_session_unused_for_long_has_ended(house: House, browser: Open, settings: Settings) -> None:
    client = browser()
    sign_in(client, "ben")
    long_ago = now() - timedelta(days=settings.session_days, seconds=1)
    age(house, seen_at=long_ago)

    answer = client.get("/me")
    assert answer.status_code == 303
    answer = client.get("/api/v1/me")
    assert answer.status_code == 401
    assert answer.json()["error"]["message"] == "This sign-in has ended. Please sign in again."
    assert client.get("/sign-in").status_code == 200
    assert "dure_session" not in client.cookies


@pytest.mark.usefixtures("ben")
def test_a_day_old_key_is_changed_and_requests_under_way_go_on(house: House, browser: Open) -> None:
    client, parallel = browser(), browser()
    sign_in(client, "ben")
    old = client.cookies["dure_session"]
    parallel.cookies.set("dure_session", old)
    age(house, rotated_at=now() - timedelta(days=2), seen_at=now() - timedelta(hours=1))

    assert client.get("/me").status_code == 200
    new = client.cookies["dure_session"]
    assert new != old
    assert parallel.get("/me").status_code == 200, "the answer with the new key may be lost: the old one still works"

    assert client.get("/me").status_code == 200
    assert parallel.get("/me").status_code == 200, "requests under way have a minute"


def test_a_copied_key_shown_after_the_change_ends_the_session(house: House, browser: Open, ben: Person) -> None:
    client, thief = browser(), browser()
    sign_in(client, "ben")
    thief.cookies.set("dure_session", client.cookies["dure_session"])
    age(house, rotated_at=now() - timedelta(days=2), seen_at=now() - timedelta(hours=1))
    client.get("/me")
    client.get("/me")
    age(house, rotated_at=now() - timedelta(minutes=5))
    house.bell.ring(["people"])

    assert thief.get("/me").status_code == 303
    assert client.get("/me").status_code == 303
    kinds = [entry.kind for entry in house.read_now(HOUSE, lambda work: thread(work, ben.ref))]
    assert kinds[-1] == "people.key_replayed"


@pytest.mark.usefixtures("ben")
def test_signing_in_again_in_one_browser_leaves_one_session(house: House, browser: Open) -> None:
    client = browser()
    sign_in(client, "ben")
    first = client.cookies["dure_session"]
    sign_in(client, "ben")

    assert client.cookies["dure_session"] != first
    assert len(house.read_now(HOUSE, lambda work: work.session.scalars(select(Session)).all())) == 1


@pytest.mark.usefixtures("ben")
def test_a_new_password_takes_the_old_one_and_ends_other_sign_ins(browser: Open) -> None:
    here, there = browser(), browser()
    sign_in(here, "ben")
    sign_in(there, "ben")
    words = {"current": "not this one", "password": "nine green geese"}
    assert here.post("/me/password", data=words).status_code == 422
    assert here.post("/me/password", data={**words, "current": PASSWORD, "password": "ben"}).status_code == 422

    assert here.post("/me/password", data={**words, "current": PASSWORD}).status_code == 303

    assert here.get("/me").status_code == 200
    assert there.get("/me").status_code == 303
    assert sign_in(browser(), "ben").status_code == 422
    assert sign_in(browser(), "ben", "nine green geese").status_code == 303


@pytest.mark.usefixtures("ben")
def test_one_letter_written_in_two_ways_is_one_password(browser: Open) -> None:
    composed = "두레박으로 물을 긷다"
    in_parts = unicodedata.normalize("NFD", composed)
    assert composed != in_parts
    client = browser()
    sign_in(client, "ben")
    assert client.post("/me/password", data={"current": PASSWORD, "password": composed}).status_code == 303
    assert sign_in(browser(), "ben", in_parts).status_code == 303


@pytest.mark.usefixtures("ben")
def test_guessing_costs_no_hashing_and_locks_nobody_out_of_a_known_browser(browser: Open) -> None:
    known, stranger = browser(), browser()
    sign_in(known, "ben")
    known.cookies.delete("dure_session")
    before = HASHER.hashes

    answers = [sign_in(stranger, "ben", f"guess number {number}").status_code for number in range(40)]

    assert answers == [422] * 10 + [429] * 30
    assert HASHER.hashes - before == 10
    refused = sign_in(stranger, "ben")
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert "Too many tries to sign in" in refused.text
    assert sign_in(known, "ben").status_code == 303


@pytest.mark.alone
@pytest.mark.usefixtures("ben")
def test_of_ten_thousand_guesses_at_once_a_handful_is_looked_at(house: House) -> None:
    def guess(number: int) -> Future[Guess]:
        address = f"198.51.{number % 200}.7"
        return house.database.write(lambda session: before_guess(Work(session, HOUSE), "ben", address))

    refusals = [future.exception(timeout=120) for future in [guess(number) for number in range(GUESSES)]]

    looked_at = sum(refusal is None for refusal in refusals)
    assert 10 <= looked_at < 20, "ten at once, and one more for each minute that this took"
    assert all(isinstance(refusal, TooMany) for refusal in refusals if refusal is not None)
    kept = house.read_now(HOUSE, lambda work: work.session.scalars(select(Guessing)).all())
    assert len(kept) <= 2 * looked_at, "a refused guess leaves nothing behind"


@pytest.mark.usefixtures("ben")
def test_guessing_is_forgotten_with_time_and_counted_for_all_houses(
    house: House, settings: Settings, browser: Open
) -> None:
    for _ in range(10):
        assert sign_in(browser(), "ben", "not the password").status_code == 422
    assert sign_in(browser(), "ben").status_code == 429
    with served(put_together(house, settings)) as second, browser_at(second) as client:
        assert sign_in(client, "ben").status_code == 429, "another house on the same database knows it too"

    later = now() - timedelta(seconds=1)
    house.write_now(HOUSE, lambda work: work.session.execute(update(Guessing).values(full_at=later)).close())
    assert sign_in(browser(), "ben").status_code == 303


def test_what_happened_to_an_account_is_in_the_ledger(house: House, browser: Open, ben: Person) -> None:
    sign_in(browser(), "ben")
    entries = house.read_now(HOUSE, lambda work: thread(work, ben.ref))
    told = [f"{entry.actor_name} {entry.sentence()}" for entry in entries]
    assert told[0] == "dure made an account for ben"
    assert told[-1] == "ben signed in with Firefox, Linux from 127.0.0.1"


def age(house: House, **values: object) -> None:
    """Make every session older than it is."""
    house.write_now(HOUSE, lambda work: work.session.execute(update(Session).values(**values)).close())
    house.bell.ring(["people"])
