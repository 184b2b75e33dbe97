"""The live stream: nobody hears what they may not read, and nobody goes on hearing what they may read no more."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import pytest

from dure.kit import Text, say
from dure.ledger import HOUSE, Event, House, Sealer
from dure.people import Person, Role, caller_for, grant, revoke
from tests.people.conftest import Open, sign_in

HERE, THERE = "project:1", "project:2"


@pytest.fixture(autouse=True)
def sealing(house: House) -> Iterator[None]:
    """The stream tells what is sealed."""
    sealer = Sealer(house)
    sealer.start()
    yield
    sealer.stop()


@contextmanager
def listening(client: httpx.Client, *about: str) -> Iterator[Iterator[dict[str, str]]]:
    """What is told, from now on."""
    with client.stream("GET", "/live", params={"about": list(about)}) as answer:
        assert answer.status_code == 200
        lines = answer.iter_lines()
        assert next(lines).startswith("retry:")
        yield (json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: "))


@dataclass(frozen=True, kw_only=True)
class Tried(Event, kind="try.tried"):
    what: str

    def sentence(self) -> Text:
        return say("tried {what}", what=self.what)


def test_a_reader_hears_what_they_may_read(house: House, browser: Open, ben: Person) -> None:
    house.write_now(HOUSE, lambda work: grant(work, HERE, ben.id, Role.GUEST))
    client = browser()
    sign_in(client, "ben")

    def tell(what: str, scope: str, about: str) -> None:
        house.write_now(HOUSE, lambda work: work.record(Tried(what=what), about=[about], within=scope))

    with listening(client, HERE, "thing:1") as told:
        tell("what ben may not read", THERE, "thing:1")
        tell("what nobody asked for", HERE, "thing:2")
        tell("this", HERE, "thing:1")
        tell("that", HERE, HERE)
        assert [next(told)["sentence"], next(told)["sentence"]] == ["tried this", "tried that"]


def test_whoever_may_read_no_more_hears_no_more(house: House, browser: Open, ada: Person, ben: Person) -> None:
    def begin(role: Role, person: Person) -> None:
        house.write_now(HOUSE, lambda work: grant(work, HERE, person.id, role))

    begin(Role.OWNER, ada)
    begin(Role.GUEST, ben)
    client = browser()
    sign_in(client, "ben")
    with listening(client, HERE) as told:
        house.write_now(caller_for(ada), lambda work: revoke(work, HERE, ben.id))
        list(told)  # The stream ends by itself; if it did not, this would wait for ever.


@pytest.mark.usefixtures("ben")
def test_a_stranger_hears_nothing(browser: Open) -> None:
    assert browser().get("/live", params={"about": HERE}).status_code == 303
    client = browser()
    sign_in(client, "ben")
    assert client.get("/live", params={"about": ["x" * 101]}).status_code == 422
    assert client.get("/live", params={"about": ["\x00"]}).status_code == 422
    assert client.get("/live", params={"about": [f"issue:{number}" for number in range(21)]}).status_code == 422
