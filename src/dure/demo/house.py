"""A house of the demo's own: started, asked over HTTP like any other, and stopped with all it has started."""

import http.client
import itertools
import os
import random
import re
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

import msgspec

from dure.kit import NotRunning, Refused, TooSlow, run, say
from dure.wire import MadeToken, ProgramSignIn

T = TypeVar("T")

START_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 60.0
ANSWER_SECONDS_MAX = 30.0
LOOK_SECONDS = 0.05
LINK = re.compile(r"https?://\S+(/welcome/\S+)")
ADDRESS = re.compile(r"^Dure is up: (https?://[^\s/]+)", re.MULTILINE)
HANDLE = "ada"
PORTS_TRIED = 200


@dataclass
class DemoHouse:
    """Where it is, and the keys to it."""

    data: Path
    traffic: str
    """The address at which the services answer."""
    url: str = ""
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12), repr=False)
    token: str = field(default="", repr=False)

    def get(self, path: str, kind: type[T]) -> T:
        return self.ask("GET", path, None, kind)

    def post(self, path: str, said: object, kind: type[T]) -> T:
        return self.ask("POST", path, said, kind)

    def ask(self, method: str, path: str, said: object, kind: type[T]) -> T:
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        body = None if said is None else msgspec.json.encode(said)
        status, answer = self.send(method, f"/api/v1{path}", body, headers)
        if status >= 400:
            raise Refused(
                say("{what} was answered with {status}: {words}", what=path, status=status, words=answer[:300].decode())
            )
        return msgspec.json.decode(answer, type=kind)

    def send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
        line = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=ANSWER_SECONDS_MAX)
        try:
            line.request(method, path, body, headers)
            answer = line.getresponse()
            return answer.status, answer.read()
        finally:
            line.close()

    def sign_in(self, link: str) -> None:
        """Make the first account by the one-time link, and a token for it."""
        form = urlencode({"handle": HANDLE, "name": "Ada", "password": self.password}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.url}
        status, answer = self.send("POST", link, form, headers)
        if status != 303:
            raise Refused(say("The first account could not be made: {words}", words=answer[:300].decode()))
        asked = ProgramSignIn(handle=HANDLE, password=self.password, name="demo", scopes=["admin"], days=1)
        self.token = self.post("/tokens", asked, MadeToken).token


@contextmanager
def house_for(data: Path, listen: str, traffic: str) -> Iterator[DemoHouse]:
    """A house on this directory, signed in to; gone with its runner and its services when the block ends."""
    house = DemoHouse(data, traffic)
    said = data.parent / f"{data.name}.log"
    settings = {"DURE_TRAFFIC_LISTEN": traffic, "DURE_WORKSHOP": str(data.parent / "workshop"), "DURE_LANGUAGE": "en"}
    environment = os.environ | settings
    argv = [sys.executable, "-m", "dure", "up", "--data", str(data), "--listen", listen]
    with said.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - argv is a list made by us, no shell reads it
            argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=environment, start_new_session=True
        )
    try:
        house.sign_in(link_told(house, process, said))
        yield house
    finally:
        stop(data, process, environment)


def link_told(house: DemoHouse, process: "subprocess.Popen[bytes]", said: Path) -> str:
    """Wait until the house says where it is; the path of its one-time link."""
    give_up_at = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < give_up_at:
        words = said.read_text(errors="replace")
        if process.poll() is not None:
            raise NotRunning(say("The house did not start: {words}", words=words[-1000:]))
        link, address = LINK.search(words), ADDRESS.search(words)
        if link and address and "Ctrl-C" in words:
            house.url = address.group(1)
            return link.group(1)
        time.sleep(LOOK_SECONDS)
    raise NotRunning(say("The house did not start within {seconds} s.", seconds=round(START_SECONDS_MAX)))


def stop(data: Path, process: "subprocess.Popen[bytes]", environment: Mapping[str, str]) -> None:
    """The house, and everything that would go on without it."""
    argv = [sys.executable, "-m", "dure", "down", "--all", "--data", str(data)]
    with suppress(TooSlow):
        run(argv, timeout_seconds=STOP_SECONDS_MAX, environment=environment)
    if process.poll() is None:
        process.kill()
    process.wait()


def free_address(wanted: int | None = None) -> str:
    """This port if nobody listens there, else one that no connection is given by chance."""
    tries = itertools.chain([wanted] if wanted else [], random.sample(range(20_000, 30_000), PORTS_TRIED))
    for port in tries:
        with socket.socket() as trial, suppress(OSError):
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(("127.0.0.1", port))
            return f"127.0.0.1:{port}"
    raise Refused(say("No port is free."))
