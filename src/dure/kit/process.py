"""Outside programs: argv in, what they said out, never a shell string."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from dure.kit.errors import Refused
from dure.kit.text import say


class NotFound(Refused):
    """The program is not installed here."""


class TooSlow(Refused):
    """The program did not end in time, and was ended."""


@dataclass(frozen=True)
class Ran:
    """What a program that has ended left behind."""

    code: int
    out: str
    err: str

    @property
    def well(self) -> bool:
        return self.code == 0


def run(
    argv: Sequence[str],
    *,
    timeout_seconds: float,
    environment: Mapping[str, str] | None = None,
    user: int | None = None,
) -> Ran:
    """Run a short program to its end. It reads nothing, and what it says is kept in memory. `user`: as whom, with the
    group of the same number and no other."""
    try:
        done = subprocess.run(  # noqa: S603 - argv is a list made by us, no shell reads it
            list(argv),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout_seconds,
            env=None if environment is None else dict(environment),
            check=False,
            **as_user(user),
        )
    except (FileNotFoundError, PermissionError) as error:
        raise NotFound(say("The program {name} is not installed here.", name=argv[0])) from error
    except subprocess.TimeoutExpired as error:
        raise TooSlow(
            say("{name} took longer than {seconds} s and was ended.", name=argv[0], seconds=timeout_seconds)
        ) from error
    return Ran(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))


def start(
    argv: Sequence[str], output: int, *, environment: Mapping[str, str], user: int | None = None
) -> "subprocess.Popen[bytes]":
    """Start a program that prints into a file of ours, in a session of its own."""
    try:
        return subprocess.Popen(  # noqa: S603 - as above
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=dict(environment),
            start_new_session=True,
            **as_user(user),
        )
    except (FileNotFoundError, PermissionError) as error:
        raise NotFound(say("The program {name} is not installed here.", name=argv[0])) from error


class AsUser(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


def as_user(user: int | None) -> AsUser:
    return {} if user is None else {"user": user, "group": user, "extra_groups": []}
