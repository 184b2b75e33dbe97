"""Rows that wait for the store."""

from collections.abc import Sequence
from functools import partial

import pytest

from dure.monitor import Away, Refusing
from dure.monitor.outbox import Outbox


class Desk:
    """A store that can be away, or refuse."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.tokens: list[str] = []
        self.trouble: Exception | None = None

    def send(self, rows: Sequence[str], token: str) -> None:
        self.tokens.append(token)
        if self.trouble is not None:
            raise self.trouble
        self.kept += rows


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def outbox(desk: Desk) -> Outbox[str]:
    return Outbox("words", desk.send, len, waiting_bytes_max=100, batch_bytes_max=40)


def test_what_waits_goes_together_in_order(outbox: Outbox[str], desk: Desk) -> None:
    done: list[int] = []
    for number in range(10):
        outbox.put([f"row {number} 123"], partial(done.append, number))
    outbox.flush()

    assert desk.kept == [f"row {number} 123" for number in range(10)]
    assert len(desk.tokens) == len(set(desk.tokens)) == 3
    assert done == list(range(10))


def test_what_was_on_its_way_is_sent_again_under_the_same_token(outbox: Outbox[str], desk: Desk) -> None:
    done: list[bool] = []
    desk.trouble = Away()
    outbox.put(["a"], lambda: done.append(True))
    for _ in range(2):
        with pytest.raises(Away):
            outbox.flush()
        outbox.put(["b"])
    assert not done
    desk.trouble = None
    outbox.flush()

    assert desk.kept == ["a", "b", "b"]
    assert len(set(desk.tokens)) == 2
    assert done == [True]


def test_too_much_drops_the_oldest_and_says_so(outbox: Outbox[str], caplog: pytest.LogCaptureFixture) -> None:
    for number in range(30):
        outbox.put([f"row {number:02d}.."] * 2)

    assert (outbox.waiting, outbox.dropped) == (12, 48)
    assert outbox.waiting_bytes <= 100
    assert not outbox.has_room
    assert len(caplog.records) == 1


def test_what_the_store_will_not_take_stops_nothing(outbox: Outbox[str], desk: Desk) -> None:
    desk.trouble = Refusing("no")
    outbox.put(["bad"])
    outbox.flush()
    desk.trouble = None
    outbox.put(["good"])
    outbox.flush()

    assert (desk.kept, outbox.dropped, outbox.waiting) == (["good"], 1, 0)
