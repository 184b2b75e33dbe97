"""The whole of it over real processes and the real Envoy, with visitors who notice everything."""

import multiprocessing
import random
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dure import deploy
from dure.deploy.instance import keep
from dure.deploy.rollout import watching
from dure.ledger import HOUSE
from tests.deploy.engines.ground import end_all
from tests.deploy.real import FILES, TICK_SECONDS, Visitors, app, keep_house, real_yard, workshop
from tests.deploy.yard import Yard

SEED = 7
LIVES_MAX = 40
PATIENCE = 8
"""After so many lives each is longer, so that a slow machine comes to an end as well."""


@pytest.fixture
def shop() -> Iterator[Path]:
    with workshop() as folder:
        yield folder


@pytest.fixture
def over(
    database_url: str, tmp_path: Path, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Yard, Visitors]]:
    monkeypatch.setattr(watching, "TICK_SECONDS", TICK_SECONDS)
    with real_yard(database_url, tmp_path, shop) as both:
        yield both


def test_a_good_one_comes_and_a_bad_one_goes_and_nobody_is_lost(over: tuple[Yard, Visitors]) -> None:
    yard, visitors = over
    yard.release("1.0.0", app(), FILES)
    yard.until_still()
    assert yard.live() == "1.0.0"
    with visitors.coming():
        yard.release("1.1.0", app(), FILES)
        yard.until_still()
        assert yard.live() == "1.1.0"
        assert visitors.failed == 0, visitors.answers
        assert visitors.answers["200 1.0.0"] > 0
        yard.release("1.2.0", app("badly"), FILES)
        yard.until_still()
        assert yard.row(3).phase == "rolled_back"
        assert yard.live() == "1.1.0"
        assert visitors.answers["lost"] == 0
        assert set(visitors.answers) <= {"200 1.0.0", "200 1.1.0", "200 1.2.0", "500 1.2.0"}
        served = visitors.answers["500 1.2.0"]
        back = yard.do(deploy.roll_back)
        begun = time.monotonic()
        yard.until(lambda: yard.live() == "1.0.0")
        went_back = time.monotonic() - begun
        assert back.stands_on == 1
        yard.until_still()
    assert visitors.answers["lost"] == 0
    assert went_back < 5
    print(f"bad answers until rolled back: {served}; back by hand in {went_back:.3f} s")  # noqa: T201
    yard.until(lambda: yard.running() == ["d1-web-0"])


def test_one_that_never_comes_up_fails_with_its_last_words(over: tuple[Yard, Visitors]) -> None:
    yard, visitors = over
    yard.release("1.0.0", app(), FILES)
    yard.until_still()
    with visitors.coming():
        yard.release("1.1.0", app("never"), FILES)
        yard.until_still()
        with socket.create_server(("127.0.0.1", 0)) as taken:
            yard.release("1.2.0", app("elsewhere", taken.getsockname()[1]), FILES)
            yard.until_still()
    assert yard.phases() == ["live", "failed", "failed"]
    assert "no database here" in str(yard.row(2).why)
    assert "Address already in use" in str(yard.row(3).why)
    assert visitors.failed == 0, visitors.answers
    assert visitors.answers["200 1.0.0"] > 0


def test_everything_was_killed_and_comes_back(over: tuple[Yard, Visitors], shop: Path) -> None:
    yard, visitors = over
    yard.release("1.0.0", app(), FILES)
    yard.until_still()
    before = yard.platform.look("d1-web-0")
    end_all(shop)
    yard.house.write_now(HOUSE, keep)

    def serves() -> bool:
        with visitors.coming(1):
            time.sleep(0.1)
        return visitors.answers["200 1.0.0"] > 0

    yard.until(serves)
    after = yard.platform.look("d1-web-0")
    assert before is not None
    assert after is not None
    assert after.pid != before.pid


def test_the_house_is_killed_again_and_again_during_a_rollout(
    over: tuple[Yard, Visitors], database_url: str, tmp_path: Path, shop: Path
) -> None:
    yard, visitors = over
    yard.release("1.0.0", app(), FILES)
    yard.until_still()
    yard.release("1.1.0", app(), FILES)
    yard.release("1.2.0", app("badly"), FILES, told=False)
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(["tests.deploy.real"])
    chance, lives = random.Random(SEED), 0  # noqa: S311 - a trial that can be repeated
    with visitors.coming():
        for wanted in ("1.1.0", "rolled_back"):
            while not done(yard, wanted):
                assert lives < LIVES_MAX, [(row.phase, row.trouble, str(row.why)) for row in yard.all()]
                owner = forks.Process(target=keep_house, args=(database_url, tmp_path, shop), daemon=True)
                owner.start()
                time.sleep((0.6 + chance.random() * 1.5) * max(1.0, lives / PATIENCE))
                owner.kill()
                owner.join()
                lives += 1
            if wanted == "1.1.0":
                assert visitors.failed == 0, visitors.answers
                yard.do(deploy.begin, None, "1.2.0")
    assert lives > 2
    assert yard.live() == "1.1.0"
    assert visitors.answers["lost"] == 0, visitors.answers
    for number, last in ((2, "deploy.went_live"), (3, "deploy.rolled_back")):
        told = yard.told(yard.row(number).ref)
        assert told.count(last) == 1
        assert told.count("deploy.begun") == 1


def done(yard: Yard, wanted: str) -> bool:
    return yard.live() == wanted or yard.phases()[-1] == wanted
