"""What the tests of the engines stand on: releases, instances, waiting, and how to end what was started."""

import contextlib
import hashlib
import http.client
import io
import json
import os
import shutil
import signal
import tarfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from dure.deploy.engines import shim
from dure.deploy.engines.process import Processes
from dure.deploy.platform import Instance, Seen

T = TypeVar("T")
APPLICATION = Path(__file__).with_name("application.py")
# The user services run as cannot reach the environment of the tests.
PYTHON = "/usr/bin/python3"
WAIT_SECONDS = 30.0


def until(look: Callable[[], T | None], seconds: float = WAIT_SECONDS) -> T:
    """Look again and again until there is something to see."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError(f"did not happen in {seconds} s")


def tar_of(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(data), 0o644
            tar.addfile(member, io.BytesIO(data))
    return packed.getvalue()


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def sample() -> bytes:
    return tar_of({"app.py": APPLICATION.read_bytes(), "static/hello.txt": b"hello"})


def release_of(platform: Processes, tar: bytes) -> Path:
    return platform.prepare(digest_of(tar), iter([tar]))


def instance_of(release: Path, key: str = "d1-web-0", version: str = "d1", **words: Any) -> Instance:
    return Instance(
        **{
            "key": key,
            "project": 1,
            "environment": "staging",
            "service": "web",
            "version": version,
            "command": (PYTHON, "app.py"),
            "directory": release,
            "grace_seconds": 5.0,
            **words,
        }
    )


def up(platform: Processes, instance: Instance) -> Seen:
    """Started, and ready."""
    platform.start(instance)
    until(lambda: platform.ready(instance.key, "/up", 2).well)
    found = platform.look(instance.key)
    assert found is not None
    return found


def get(port: int, path: str, host: str = "127.0.0.1", method: str = "GET", body: bytes | None = None) -> Any:
    """(status, the JSON that came or the text, headers)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body=body, headers={"Host": host})
        answer = connection.getresponse()
        text = answer.read().decode()
        is_json = (answer.getheader("Content-Type") or "").startswith("application/json")
        return answer.status, json.loads(text) if is_json else text, dict(answer.getheaders())
    finally:
        connection.close()


def alive(pid: int | None) -> bool:
    return pid is not None and shim.started_at(pid) is not None


def shim_of(folder: Path) -> int:
    return int(json.loads((folder / "state.json").read_text())["shim"])


def processes_of(folder: Path) -> list[int]:
    """Every process that was started from this workshop: shims by their arguments, programs by their mark."""
    found = []
    for pid, _, _ in shim.processes():
        with contextlib.suppress(OSError):
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes()
            around = Path(f"/proc/{pid}/environ").read_bytes()
            if os.fsencode(folder) in arguments or os.fsencode(folder) in around:
                found.append(pid)
    return found


def end_all(folder: Path) -> None:
    """End what was started from this workshop, whatever the test left."""
    while left := processes_of(folder):
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def clear(folder: Path) -> None:
    """End what runs there, and take it away: releases are closed to writing."""
    end_all(folder)
    for root, _, _ in os.walk(folder):
        Path(root).chmod(0o700)
    shutil.rmtree(folder)
