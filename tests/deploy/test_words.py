"""`dure ship`, `dure rollback`, `dure approve` and `dure deployments`, said to a real house over HTTP."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dure import people
from dure.ledger import Work
from tests.deploy.site import serve
from tests.deploy.yard import TWO_PLACES, Yard
from tests.parts.house import Ended, dure


@pytest.fixture
def moving(yard: Yard) -> Iterator[Yard]:
    """The yard is carried on by itself, and visitors come to staging and production."""
    stop = threading.Event()

    def run() -> None:
        while not stop.is_set():
            if not yard.once():
                time.sleep(0.01)
            for place in ("staging", "production"):
                yard.visit(host=f"web.{place}.shop.localhost")

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield yard
    stop.set()
    thread.join(10)


@pytest.fixture
def home(moving: Yard, tmp_path: Path) -> Iterator[dict[str, str]]:
    """An environment in which ada is signed in and the shop is meant."""

    def make(work: Work) -> str:
        return people.make_token(work, name="words", scopes=("write",)).secret

    with serve(moving, tmp_path) as url:
        token = moving.house.write_now(moving.ada, make)
        environment = {"DURE_CONFIG": str(tmp_path / "config.toml")}
        assert dure("login", url, "--token", token, environment=environment).code == 0
        assert dure("project", "choose", "ada/shop", environment=environment).code == 0
        yield environment


def said(*words: str, home: dict[str, str], code: int = 0) -> Ended:
    done = dure(*words, environment=home)
    assert done.code == code, (done.out, done.err)
    return done


def test_from_the_first_release_to_going_back(moving: Yard, home: dict[str, str]) -> None:
    assert "There is no release to deploy yet" in said("ship", home=home, code=1).err
    moving.release("1.0.0", TWO_PLACES, told=False)
    assert "1.0.0 → staging · live" in said("ship", "--wait", home=home).out
    live = json.loads(said("ship", "production", "--wait", "--json", home=home).out)
    assert (live["phase"], live["environment"], live["approved_by"]) == ("live", "production", "ada")
    moving.release("1.1.0", TWO_PLACES)
    deadline = time.monotonic() + 30
    while "It waits until somebody approves it." not in said("deployments", home=home).out:
        assert time.monotonic() < deadline
    waiting = json.loads(said("deployments", "--json", home=home).out)["deployments"][0]
    assert "1.1.0 → production · live" in said("approve", str(waiting["number"]), "--wait", home=home).out
    assert "1.0.0 → production · live" in said("rollback", "--wait", home=home).out
    places = json.loads(said("deployments", "environments", "--json", home=home).out)["environments"]
    assert [(place["name"], place["live"]["version"]) for place in places] == [
        ("staging", "1.1.0"),
        ("production", "1.0.0"),
    ]
    assert "web.production.shop.localhost" in said("deployments", "show", str(waiting["number"]), home=home).out
    assert "nothing to go back to" in said("rollback", "production", home=home, code=1).err


def test_what_cannot_be_done_is_said_with_its_code(moving: Yard, home: dict[str, str]) -> None:
    moving.platform.unready.add("d1")
    hasty = TWO_PLACES.replace("stop_grace_period: 2s", "healthcheck: {interval: 50ms, retries: 2}")
    moving.release("1.0.0", hasty, told=False)
    assert "was not ready" in said("ship", "--wait", home=home, code=1).out
    assert "no environment moon" in said("ship", "moon", home=home, code=5).err
    assert "does not wait" in said("approve", "1", home=home, code=1).err
    said("deployments", "show", "99", home=home, code=5)
    said("approve", "0", home=home, code=2)
