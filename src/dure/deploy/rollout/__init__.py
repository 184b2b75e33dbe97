"""Rollouts: the phases of a deployment, each a step that may be done again, and the round that keeps what is live."""

from functools import partial
from typing import Any

from dure.deploy.deployment import (
    CANARY,
    LIVE,
    PREPARING,
    PROMOTING,
    ROLLING,
    ROLLING_BACK,
    STARTING,
    WAITING,
    Deployment,
)
from dure.deploy.instance import KEEPING, Keeping
from dure.deploy.platform import Platform
from dure.deploy.rollout.ground import CannotStand, Ground
from dure.deploy.rollout.keeping import keep_all
from dure.deploy.rollout.line import wait
from dure.deploy.rollout.starting import prepare, start
from dure.deploy.rollout.taking_back import take_back
from dure.deploy.rollout.taking_over import look_after, promote
from dure.deploy.rollout.watching import watch
from dure.deploy.traffic import Traffic
from dure.ledger import Phases
from dure.storage import Blobs
from dure.vault import Keyring

__all__ = ["CannotStand", "Ground", "Rollouts"]

WORKERS = 4
"""So many deployments move at once; one that unpacks does not hold up another that goes back."""
LEASE_SECONDS = 6.0
"""So long, at most, nobody judges a canary after its house was killed."""


class Rollouts:
    """The two machines of this room, over the ports that they act on."""

    def __init__(
        self, platform: Platform, traffic: Traffic, blobs: Blobs, keys: Keyring, listen: str = "127.0.0.1:8480"
    ) -> None:
        self.ground = Ground(platform, traffic, blobs, keys, listen)

    def machines(self) -> list[Phases[Any]]:
        """What the rounds of the house carry on."""
        return [*(self.phases() for _ in range(WORKERS)), self.keeping()]

    def phases(self) -> Phases[Deployment]:
        """waiting, preparing, starting, canary or rolling, promoting, live; and rolling back."""
        return Phases(
            Deployment,
            {
                WAITING: wait,
                PREPARING: partial(prepare, self.ground),
                STARTING: partial(start, self.ground),
                CANARY: partial(watch, self.ground),
                ROLLING: partial(watch, self.ground),
                PROMOTING: partial(promote, self.ground),
                LIVE: partial(look_after, self.ground),
                ROLLING_BACK: partial(take_back, self.ground),
            },
            lease_seconds=LEASE_SECONDS,
        )

    def keeping(self) -> Phases[Keeping]:
        return Phases(Keeping, {KEEPING: partial(keep_all, self.ground)}, lease_seconds=LEASE_SECONDS)
