"""One program that runs in a container, or as one: what the job's watch needs to know of it."""

import os
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from dure.runner.sandbox import View

NUMBER = 1
KEEPER = b"(conmon"


class Guest:
    """As the sandbox is for its programs: `socket` can be read once it is over, `output` is what it prints."""

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        output: int,
        view: View,
        reach: Callable[[int], None],
        told: Callable[[int], int],
    ) -> None:
        """`reach` sends a signal to the program inside, where podman does not pass it on; `told` says how that program
        ended, once the one that we see has."""
        self.process, self.output, self.view, self.reach, self.told = process, output, view, reach, told
        self.socket = os.pidfd_open(process.pid)
        self.running = {NUMBER: -1}
        self.code: int | None = None

    def hear(self) -> None:
        code = self.process.poll()
        if code is not None and self.code is None:
            self.code = self.told(code)

    def ended(self, number: int) -> int | None:
        bury_keepers()
        if number != NUMBER or self.code is None:
            return None
        return self.code if self.code >= 0 else 128 - self.code

    def signal(self, program: int, number: int) -> None:  # noqa: ARG002 - there is only one
        self.reach(number)

    def clear(self) -> None:
        self.reach(signal.SIGKILL)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def close(self) -> None:
        if self.process.poll() is None:
            self.clear()
        self.process.wait()
        os.close(self.socket)
        os.close(self.output)


def bury_keepers() -> None:
    """Podman's keepers of containers become our children, and podman waits until they are buried."""
    me = os.getpid()
    for name in os.listdir("/proc"):
        if name.isdigit():
            with suppress(OSError, ValueError):
                words = Path("/proc", name, "stat").read_bytes()
                keeper, _, rest = words.partition(b") ")
                if keeper.endswith(KEEPER) and int(rest.split()[1]) == me:
                    os.waitpid(int(name), os.WNOHANG)
