"""A real house for tests: `dure up` in a process of its own, on a data directory of its own.

    with running_house(tmp_path / "data") as house:
        house.url, house.first_link, house.stop()

    ended = dure("status", "--data", str(house.data))      # any word of the command line, run to its end

The house is always gone when the block ends, however it ends. It runs no jobs and keeps no telemetry, unless the test
asks for that in `environment`.
"""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from tests.parts.ports import free_port

START_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 30.0
WORD_SECONDS_MAX = 120.0
PASSWORD = "correct horse battery"
LINK = re.compile(r"http://\S+/welcome/\S+")
ADDRESS = re.compile(r"^Dure is up: (http://\S+)$", re.MULTILINE)


@dataclass
class RunningHouse:
    """A house that answers."""

    data: Path
    process: "subprocess.Popen[bytes]"
    said: Path
    """What it printed, both for people and for the log."""
    url: str = ""
    first_link: str | None = None
    """The one-time link of a house without accounts."""

    @property
    def words(self) -> str:
        return self.said.read_text(errors="replace")

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """One request over a connection of its own: the status and the body of the answer."""
        line = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        try:
            line.request(method, path, body, dict(headers or {}))
            answer = line.getresponse()
            return answer.status, answer.read()
        finally:
            line.close()

    def stop(self, sign: signal.Signals = signal.SIGINT) -> int:
        """Ask it to stop, and wait; its exit code."""
        self.process.send_signal(sign)
        return self.process.wait(STOP_SECONDS_MAX)

    def kill(self) -> None:
        """kill -9, as a power cut would."""
        self.process.kill()
        self.process.wait(STOP_SECONDS_MAX)

    def settle(self, handle: str = "ada", password: str = PASSWORD) -> None:
        """Open the one-time link and make the first account."""
        assert self.first_link is not None, "this house has accounts already"
        form = urlencode({"handle": handle, "name": handle.title(), "password": password}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.url}
        status, answer = self.ask("POST", urlsplit(self.first_link).path, form, headers)
        assert status == 303, answer.decode()

    def token(self, handle: str = "ada", password: str = PASSWORD, scope: str = "admin") -> str:
        """A token of this account."""
        asked = {"handle": handle, "password": password, "name": "tests", "scopes": [scope]}
        return str(self.api("POST", "/tokens", asked, expect=201)["token"])

    def api(
        self, method: str, path: str, body: object = None, *, token: str = "", expect: int | None = None
    ) -> dict[str, object]:
        """One call of the API: what it answered."""
        headers = {"Content-Type": "application/json", "Accept-Language": "en"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        sent = None if body is None else json.dumps(body).encode()
        status, answer = self.ask(method, f"/api/v1{path}", sent, headers)
        assert expect is None or status == expect, f"{status}: {answer.decode()}"
        found: dict[str, object] = json.loads(answer) if answer else {}
        return found


@contextmanager
def running_house(
    data: Path, *words: str, environment: Mapping[str, str] | None = None, listen: str = "127.0.0.1:0"
) -> Iterator[RunningHouse]:
    """`dure up` on this directory, from its first answer on."""
    data.parent.mkdir(parents=True, exist_ok=True)
    said = data.parent / f"{data.name}.said-{time.monotonic_ns()}"
    argv = [sys.executable, "-m", "dure", "up", "--data", str(data), "--listen", listen, *words]
    quiet = {
        "DURE_LOCAL_RUNNER": "false",
        "DURE_TELEMETRY": "false",
        "DURE_ACTIONS_UPSTREAM": "",
        "DURE_TRAFFIC_LISTEN": f"127.0.0.1:{free_port()}",
        "DURE_WORKSHOP": str(data.parent / f"{data.name}-workshop"),
    }
    with said.open("wb") as out:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env=environment_with({**quiet, **(environment or {})}),
        )
    house = RunningHouse(data, process, said)
    try:
        wait_for_answer(house)
        yield house
    finally:
        if process.poll() is None:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS_MAX)
        if process.poll() is None:
            house.kill()


def wait_for_answer(house: RunningHouse) -> None:
    give_up_at = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < give_up_at:
        if house.process.poll() is not None:
            raise AssertionError(f"the house ended with {house.process.returncode}:\n{house.words}")
        words = house.words
        if (address := ADDRESS.search(words)) and "Ctrl-C" in words:
            house.url = address.group(1)
            link = LINK.search(words)
            house.first_link = link.group() if link else None
            house.ask("GET", "/sign-in")
            return
        time.sleep(0.02)
    raise TimeoutError(f"the house did not come up within {START_SECONDS_MAX} s:\n{house.words}")


def environment_with(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Ours without what would change the words, and with what is asked for."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DURE_")}
    return {**kept, "DURE_LANGUAGE": "en", **(more or {})}


@dataclass(frozen=True)
class Ended:
    """A word that was said, and how it ended."""

    code: int
    out: str
    err: str
    words: tuple[str, ...] = field(default=())


def dure(*words: str, environment: Mapping[str, str] | None = None, typed: str = "") -> Ended:
    """Say a word of `dure` in a process of its own and wait for its end."""
    done = subprocess.run(
        [sys.executable, "-m", "dure", *words],
        input=typed,
        capture_output=True,
        text=True,
        timeout=WORD_SECONDS_MAX,
        env=environment_with(environment),
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr, words)
