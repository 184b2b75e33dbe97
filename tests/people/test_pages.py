"""The pages of people: one's own, and those of whoever keeps the house."""

from dataclasses import dataclass

import httpx
import pytest

from dure.kit import Text, say
from dure.ledger import HOUSE, Delivery, Event, House, Work, on
from dure.ledger.delivery import note_failure
from dure.people import Person
from dure.people.routes.asked import device_named
from dure.settings import Settings
from tests.parts.served import served
from tests.people.conftest import Open, browser_at, put_together, sign_in

MINE = ["/me", "/me/password", "/me/sessions", "/me/tokens"]
OF_THE_HOUSE = ["/admin", "/admin/people", "/admin/people/ben", "/admin/deliveries"]


@dataclass(frozen=True, kw_only=True)
class Broke(Event, kind="try.broke"):
    def sentence(self) -> Text:
        return say("broke something")


@pytest.mark.usefixtures("ada", "ben")
@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_page_is_there_in_both_languages(browser: Open, language: str) -> None:
    client = browser()
    assert client.get("/sign-in", headers={"Accept-Language": language}).status_code == 200
    sign_in(client, "ada")
    for path in [*MINE, *OF_THE_HOUSE]:
        answer = client.get(path, headers={"Accept-Language": language})
        assert answer.status_code == 200
        assert f'<html lang="{language}"' in answer.text
        assert answer.text.count("<h1>") == 1


@pytest.mark.usefixtures("ada")
def test_the_pages_of_the_house_are_for_admins(browser: Open, ben: Person) -> None:
    client = browser()
    sign_in(client, "ben")
    for path in OF_THE_HOUSE:
        assert client.get(path).status_code == 403
    for path in (f"/admin/people/{ben.id}/admin", f"/admin/people/{ben.id}/links", "/admin/deliveries/1/retry"):
        assert client.post(path, data={"on": "true"}).status_code == 403
    words = {"handle": "eve", "name": "Eve", "admin": "true"}
    assert client.post("/admin/people", data=words).status_code == 403
    assert client.get("/me").status_code == 200


@pytest.mark.usefixtures("ada", "ben")
def test_somebody_becomes_an_admin_and_is_one_no_more(browser: Open, ben: Person) -> None:
    ada, other = browser(), browser()
    sign_in(ada, "ada")
    sign_in(other, "ben")
    assert other.get("/admin").status_code == 403
    ada.post(f"/admin/people/{ben.id}/admin", data={"on": "true"})
    assert other.get("/admin").status_code == 200
    ada.post(f"/admin/people/{ben.id}/admin")
    assert other.get("/admin").status_code == 403


@pytest.mark.usefixtures("ben")
def test_wishes_are_kept_with_the_account(browser: Open) -> None:
    client, elsewhere = browser(), browser()
    sign_in(client, "ben")
    assert client.post("/preferences", data={"language": "ko", "theme": "dark"}).status_code == 303
    sign_in(elsewhere, "ben")
    page = elsewhere.get("/me").text
    assert '<html lang="ko" data-theme="dark"' in page

    words = {"name": "벤", "email": "ben@dure.example", "language": "en", "theme": "system"}
    assert client.post("/me", data=words).status_code == 303

    page = client.get("/me").text
    assert '<html lang="en">' in page
    assert "벤" in page
    assert client.post("/me", data={**words, "email": "not an address"}).status_code == 422


@pytest.mark.usefixtures("ada")
def test_a_stuck_delivery_is_shown_and_set_going_again(house: House, browser: Open) -> None:
    stuck = House(house.database, [on(Broke, refuse)])
    stuck.write_now(HOUSE, lambda work: work.record(Broke(), about=["thing:1"], within="house"))

    def fail(work: Work) -> int:
        delivery = work.session.query(Delivery).one()
        for _ in range(8):
            note_failure(delivery, ValueError("<b>the disk</b>"), work)
            work.session.refresh(delivery)
        return delivery.id

    number = house.write_now(HOUSE, fail)
    client = browser()
    sign_in(client, "ada")
    page = client.get("/admin/deliveries").text
    assert "broke something" in page
    assert "&lt;b&gt;the disk" in page

    assert client.post(f"/admin/deliveries/{number}/retry").status_code == 303

    delivery = house.read_now(HOUSE, lambda work: work.session.get_one(Delivery, number))
    assert (delivery.tries, delivery.stuck_at) == (0, None)
    assert client.post("/admin/deliveries/999/retry").status_code == 404


def refuse(work: Work, event: Broke) -> None:
    raise AssertionError((work, event))


@pytest.mark.usefixtures("ben")
@pytest.mark.parametrize(
    ("trusted", "passed", "seen"),
    [
        ((), "203.0.113.5", "127.0.0.1"),
        (("127.0.0.1",), "203.0.113.5", "203.0.113.5"),
        (("127.0.0.0/8", "10.0.0.1"), "6.6.6.6, 203.0.113.5, 10.0.0.1", "203.0.113.5"),
        (("127.0.0.1",), "", "127.0.0.1"),
    ],
)
def test_a_proxy_is_believed_only_if_it_is_named(
    house: House, settings: Settings, trusted: tuple[str, ...], passed: str, seen: str
) -> None:
    app = put_together(house, Settings(data=settings.data, trusted_proxies=trusted))
    with served(app) as address, browser_at(address) as client:
        client.headers["X-Forwarded-For"] = passed
        sign_in(client, "ben")
        assert f"<span>{seen}</span>" in client.get("/me/sessions").text


@pytest.mark.parametrize(
    ("agent", "named"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605 Version/18 Safari/605", "Safari, macOS"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("<script>", "script"),
        ("", "?"),
    ],
)
def test_a_browser_is_called_what_its_owner_calls_it(agent: str, named: str) -> None:
    assert device_named(agent) == named


@pytest.mark.usefixtures("ada")
def test_bad_words_get_a_sentence(browser: Open) -> None:
    client: httpx.Client = browser()
    sign_in(client, "ada")
    for words in ({}, {"handle": "x"}, {"handle": "ada", "name": "Again"}, {"handle": "eve", "name": "", "email": "?"}):
        answer = client.post("/admin/people", data=words)
        assert answer.status_code == 422
        assert 'class="error"' in answer.text
    assert client.post("/me/tokens", data={"name": "x", "days": "0"}).status_code == 422
    assert client.post("/me/tokens", data={"name": "", "days": "5"}).status_code == 422
    assert client.post("/me/tokens", data={"name": "x", "scope": "all"}).status_code == 422
    assert client.get("/admin/people/nobody-here").status_code == 404
    assert client.get("/admin/people?text=%00&after=%00").status_code == 200
    assert client.get("/admin/people/%00").status_code == 404
    for handle in ("\x00", "a\x00b", "\ufffe"):
        assert sign_in(browser(), handle).status_code == 422
        assert client.post("/admin/people", data={"handle": handle, "name": "X"}).status_code == 422
    assert client.post("/admin/people", data={"handle": "eve", "name": "X", "email": "a\x00@b.cd"}).status_code == 422
    assert client.post("/admin/people", data={"handle": "eve", "name": "X\x00", "email": ""}).status_code == 200
