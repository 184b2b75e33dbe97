"""Ports that tests listen on: between 20000 and 29999, where no connection is given one by chance."""

import random
import socket
from contextlib import suppress

from dure.keeper.port import CannotListen, listening

PORTS = range(20_000, 30_000)


def free_port() -> int:
    """A port that nobody listens on now. Somebody else may come first; where it can be done, take `free_socket`."""
    with free_socket() as trial:
        return int(trial.getsockname()[1])


def free_socket() -> socket.socket:
    """A socket that listens already, so that its port is nobody else's."""
    while True:
        with suppress(CannotListen):
            return listening("127.0.0.1", random.choice(PORTS))  # noqa: S311 - not a secret
