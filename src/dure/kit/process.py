"""Outside programs: argv in, what they said out, never a shell string."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
) -> Ran:
    """Run a short program to its end. It reads nothing, and what it says is kept in memory."""
    try:
        done = subprocess.run(  # noqa: S603 - argv is a list made by us, no shell reads it
            list(argv),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout_seconds,
            env=None if environment is None else dict(environment),
            check=False,
        )
    except (FileNotFoundError, PermissionError) as error:
        raise NotFound(say("The program {name} is not installed here.", name=argv[0])) from error
    except subprocess.TimeoutExpired as error:
        raise TooSlow(
            say("{name} took longer than {seconds} s and was ended.", name=argv[0], seconds=timeout_seconds)
        ) from error
    return Ran(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))
