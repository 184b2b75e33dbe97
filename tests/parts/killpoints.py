"""The kill-point test, for every machine of the house.

A machine must survive the death of its owner at any moment, and an owner that stalls and wakes late. To try yours,
make a module beside your tests with a `Scenario` in it:

    scenario = Scenario(
        rounds=...,      # (house, world, owner, lease_seconds, pause) -> its reconcilers, made but not started
        submit=...,      # (work, world): begin machines of the name `world.name`
        unfinished=...,  # (work): is there still something to do?
        check=...,       # (work, world): final phases, exact events, and what is in the outside world
    )

and hand its address to the three trials:

    def test_it_survives_a_death_at_every_point(database_url, tmp_path):
        assert kill_at_each_point("tests.deploy.rollout:scenario", database_url, tmp_path) == 12

`world` is a folder that stands for the outside world: phase functions act in it, and `check` looks at it. Each turn of
a trial gets a world of its own and machines of its own in the one database, so `check` must look only at those named
`world.name`. Acts may happen twice, that is what desired state is for; facts (events, rows, moves) may not: let `check`
compare the whole thread of each machine with the list it expects, and let the world refuse an act with an older fence.

- `kill_at_each_point` kills an owner (SIGKILL) at its first point, at its second, and so on until it gets to the end,
  and lets another owner finish each time. Returns how many points there were: assert it, so that none is lost unseen.
- `stall_at_each_point` stops an owner (SIGSTOP) there past its lease, lets another finish, and wakes it (SIGCONT).
- `race` lets several owners work at the same rows at once.

A point is wherever the code calls `pause(...)`: "claimed" (the row is ours), "acted" (the outside world is set, the
database does not know) and "committed".
"""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from dure.ledger import HOUSE, House, Reaction, Reconciler, Work, open_database

LEASE_SECONDS = 0.2
GIVE_UP_SECONDS = 120
POINTS_MAX = 200

Pause = Callable[[str], None]
Rounds = Callable[[House, Path, str, float, Pause], Sequence[Reconciler[Any]]]


@dataclass(frozen=True)
class Scenario:
    """What the trials need to know of a machine."""

    rounds: Rounds
    submit: Callable[[Work, Path], None]
    unfinished: Callable[[Work], bool]
    check: Callable[[Work, Path], None]
    reactions: Sequence[Reaction] = ()


@dataclass(frozen=True)
class Trap:
    """Raises a signal in its own process at the n-th point that comes."""

    signal: int
    at: int


def kill_at_each_point(address: str, url: str, folder: Path) -> int:
    """Returns how many points an owner could be killed at."""
    scenario = scenario_at(address)
    with closing(House(open_database(url), scenario.reactions)) as house:
        for at in range(1, POINTS_MAX):
            world = new_world(house, scenario, folder, f"killed-{at}")
            owner = start(address, url, world, "first", Trap(signal.SIGKILL, at))
            owner.join(GIVE_UP_SECONDS)
            assert owner.exitcode in {0, -signal.SIGKILL}, f"point {at}: the owner ended with {owner.exitcode}"
            finish(house, scenario, world, "second")
            judge(house, scenario, world)
            if owner.exitcode == 0:
                return at - 1
    raise AssertionError(f"the machine did not come to its end within {POINTS_MAX} points")


def stall_at_each_point(address: str, url: str, folder: Path) -> int:
    """Returns how many points an owner could be stalled at."""
    scenario = scenario_at(address)
    with closing(House(open_database(url), scenario.reactions)) as house:
        for at in range(1, POINTS_MAX):
            world = new_world(house, scenario, folder, f"stalled-{at}")
            owner = start(address, url, world, "sleeper", Trap(signal.SIGSTOP, at))
            stalled = wait_for_stop(owner)
            if stalled:
                finish(house, scenario, world, "second")
                os.kill(owner.pid or 0, signal.SIGCONT)
            owner.join(GIVE_UP_SECONDS)
            assert owner.exitcode == 0, f"point {at}: the owner ended with {owner.exitcode}"
            judge(house, scenario, world)
            if not stalled:
                return at - 1
    raise AssertionError(f"the machine did not come to its end within {POINTS_MAX} points")


def race(address: str, url: str, folder: Path, *, owners: int = 3, machines: int = 5) -> None:
    """Several processes carry on the same machines at once."""
    scenario = scenario_at(address)
    with closing(House(open_database(url), scenario.reactions)) as house:
        worlds = [new_world(house, scenario, folder, f"raced-{number}") for number in range(machines)]
        racers = [start(address, url, worlds[0].parent, f"owner-{number}", None) for number in range(owners)]
        for racer in racers:
            racer.join(GIVE_UP_SECONDS)
            assert racer.exitcode == 0, f"an owner ended with {racer.exitcode}"
        for world in worlds:
            judge(house, scenario, world)


def scenario_at(address: str) -> Scenario:
    module, _, name = address.partition(":")
    scenario = getattr(import_module(module), name)
    assert isinstance(scenario, Scenario)
    return scenario


def new_world(house: House, scenario: Scenario, folder: Path, name: str) -> Path:
    world = folder / name
    world.mkdir()
    house.write_now(HOUSE, lambda work: scenario.submit(work, world))
    return world


def judge(house: House, scenario: Scenario, world: Path) -> None:
    house.read_now(HOUSE, lambda work: scenario.check(work, world))


def start(address: str, url: str, world: Path, owner: str, trap: Trap | None) -> ForkServerProcess:
    """A process of its own that carries the machines on. A fork server has the imports done already."""
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload([__name__, address.partition(":")[0]])
    process = forks.Process(target=carry_on, args=(address, url, world, owner, trap), daemon=True)
    process.start()
    return process


def carry_on(address: str, url: str, world: Path, owner: str, trap: Trap | None) -> None:
    scenario = scenario_at(address)
    with closing(House(open_database(url), scenario.reactions)) as house:
        finish(house, scenario, world, owner, trap)


def finish(house: House, scenario: Scenario, world: Path, owner: str, trap: Trap | None = None) -> None:
    """Carry everything on to its end, without threads, so that the points come in a known order."""
    points = 0

    def pause(_: str) -> None:
        nonlocal points
        points += 1
        if trap is not None and points == trap.at:
            os.kill(os.getpid(), trap.signal)

    reconcilers = scenario.rounds(house, world, owner, LEASE_SECONDS, pause)
    give_up_at = time.monotonic() + GIVE_UP_SECONDS
    while house.read_now(HOUSE, scenario.unfinished):
        done = [reconciler.once() for reconciler in reconcilers]
        if not any(done):
            time.sleep(0.01)
        if time.monotonic() > give_up_at:
            raise TimeoutError("the machines came to no end")


def wait_for_stop(process: ForkServerProcess) -> bool:
    """True once the process is stopped, False when it has ended instead."""
    while process.is_alive():
        # It may end between the question and the look.
        with suppress(FileNotFoundError, ProcessLookupError):
            state = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0]
            if state == "T":
                return True
        time.sleep(0.005)
    return False
