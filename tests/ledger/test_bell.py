"""Bells: no ring is lost, none wakes who sleeps for something else."""

import threading

from dure.ledger import Bell


def test_a_ring_between_the_look_and_the_sleep_is_not_lost() -> None:
    bell = Bell()
    seen = bell.rung("door")
    bell.ring(["door"])
    assert bell.wait("door", seen, 60)


def test_a_sleeper_wakes_for_its_own_topic_only() -> None:
    bell = Bell()
    seen = bell.rung("door")
    bell.ring(["window"])
    assert not bell.wait("door", seen, 0.01)


def test_every_sleeper_of_a_topic_wakes() -> None:
    bell = Bell()
    seen = bell.rung("door")
    woken: list[bool] = []
    sleepers = [threading.Thread(target=lambda: woken.append(bell.wait("door", seen, 60))) for _ in range(5)]
    for sleeper in sleepers:
        sleeper.start()
    bell.ring(["door", "door", "window"])
    for sleeper in sleepers:
        sleeper.join()
    assert woken == [True] * 5


def test_ringing_all_wakes_who_was_never_rung_for() -> None:
    """After a lost line nobody knows what was missed, least of all the one who waits for the first ring."""
    bell = Bell()
    seen = bell.rung("door")
    heard: list[str] = []
    bell.hear("window", lambda: heard.append("window"))
    bell.ring_all()
    assert bell.wait("door", seen, 60)
    assert heard == ["window"]


def test_hearers_are_called_until_they_end() -> None:
    bell = Bell()
    heard: list[int] = []
    end = bell.hear("door", lambda: heard.append(1))
    bell.ring(["door"])
    end()
    end()
    bell.ring(["door"])
    assert heard == [1]


def test_a_hearer_that_fails_troubles_neither_the_ringer_nor_the_others() -> None:
    bell = Bell()
    heard: list[int] = []

    def fail() -> None:
        raise RuntimeError("deaf")

    bell.hear("door", fail)
    bell.hear("door", lambda: heard.append(1))
    bell.ring(["door"])
    assert heard == [1]
