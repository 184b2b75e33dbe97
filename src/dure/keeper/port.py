"""The port on which the house answers: taken once, and held against everybody else."""

import errno
import socket

from dure.kit import Refused, Text, say

BACKLOG = 512


class CannotListen(Refused):
    """The address is taken, not ours, or not allowed."""


def listening(host: str, port: int) -> socket.socket:
    """The socket on which the house will answer. Port 0 takes any free one.

    We bind it ourselves: granian shares its port with any other server of this user, and would not notice that
    another house stands there. It listens from now on, because only that keeps others off; whoever calls while the
    house still starts is answered a moment later.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setblocking(False)
        bound.bind((host, port))
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        raise CannotListen(why_not(error, host, port)) from error
    return bound


def why_not(error: OSError, host: str, port: int) -> Text:
    where = f"{host}:{port}"
    if error.errno == errno.EADDRINUSE:
        return say(
            "Another program already listens on {where}. Stop it, or choose another port with --listen {host}:PORT.",
            where=where,
            host=host,
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return say(
            "This user may not listen on {where}; ports below 1024 are the system's. Choose a higher one with "
            "--listen.",
            where=where,
        )
    return say(
        "This machine cannot listen on {where}: {why}. Name one of its own addresses with --listen.",
        where=where,
        why=error.strerror or str(error),
    )
