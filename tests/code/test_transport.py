"""The way in and out: who may, what is refused and how, and what the house bears."""

import base64
import gzip
import http.client
import os
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from dure.code.repositories import environment
from tests.code.told import bare, moved, pushed
from tests.code.worktree import Home, Worktree
from tests.parts.house import RunningHouse

MEGABYTE = 1_000_000
GROWTH_BYTES_MAX = 40 * MEGABYTE


def basic(token: str, user: str = "anybody") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{token}".encode()).decode()}


def ask(
    house: RunningHouse, path: str, headers: dict[str, str] | None = None, body: bytes | None = None
) -> tuple[int, http.client.HTTPMessage, bytes]:
    line = http.client.HTTPConnection(urlsplit(house.url).netloc, timeout=30)
    try:
        line.request("GET" if body is None else "POST", path, body, headers or {})
        answer = line.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        line.close()


def test_a_stranger_is_asked_for_a_token(running: RunningHouse, project: str) -> None:
    for path in (project, "no/such"):
        status, headers, body = ask(running, f"/{path}.git/info/refs?service=git-upload-pack")
        assert (status, headers["WWW-Authenticate"]) == (401, 'Basic realm="Dure", charset="UTF-8"')
        assert b"token" in body


def test_git_says_why_it_may_not_come_in(running: RunningHouse, project: str, tmp_path: Path) -> None:
    said = Home(tmp_path, running.url, "dure_pat_wrong").worktree(project).git("fetch", "origin", expect=128)
    assert "Nobody here knows this token" in said.err


def test_what_one_may_not_know_of_is_not_there(running: RunningHouse, token: str, tmp_path: Path) -> None:
    tree = Home(tmp_path, running.url, token).worktree("ada/nothing")
    assert "not found" in tree.git("fetch", "origin", expect=128).err
    assert ask(running, "/ada/nothing/info/refs?service=git-upload-pack", basic(token))[0] == 404
    assert ask(running, "/%00/%F0%9F/info/refs?service=git-upload-pack", basic(token))[0] in (400, 404)


def test_a_token_for_reading_cannot_push(running: RunningHouse, project: str, tree: Worktree, tmp_path: Path) -> None:
    tree.commit("First")
    tree.push("main")
    reading = Home(tmp_path, running.url, running.token(scope="read"))
    clone = reading.clone(project, "reading")
    clone.commit("Mine")

    said = clone.push("main", expect=128)

    assert "This token cannot push to its repository: that needs the scope write." in said.err
    assert len(moved(running, project)) == 1


def test_a_session_of_a_browser_counts_for_nothing(running: RunningHouse, project: str) -> None:
    form = b"handle=ada&password=correct+horse+battery"
    kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": running.url}
    status, headers, _ = ask(running, "/sign-in", kind, form)
    cookie = str(headers["Set-Cookie"]).partition(";")[0]
    assert status == 303

    assert ask(running, f"/{project}/issues", {"Cookie": cookie})[0] == 200
    assert ask(running, f"/{project}/info/refs?service=git-upload-pack", {"Cookie": cookie})[0] == 401


def test_basic_counts_for_git_alone(running: RunningHouse, project: str, token: str) -> None:
    assert ask(running, f"/api/v1/projects/{project}", basic(token))[0] == 401
    assert ask(running, f"/{project}/info/refs?service=git-upload-pack", basic(token))[0] == 200
    assert ask(running, f"/{project}/info/refs?service=git-upload-pack", {"Authorization": f"Bearer {token}"})[0] == 200


@pytest.mark.parametrize("secret", ["Basic", "Basic ===", "Basic 4pyT", "Basic " + "A" * 100_000, "Digest x"])
def test_what_is_no_password(running: RunningHouse, project: str, secret: str) -> None:
    path = f"/{project}/info/refs?service=git-upload-pack"
    assert ask(running, path, {"Authorization": secret})[0] in (401, 431)


@pytest.mark.parametrize(
    ("path", "kind", "body"),
    [
        ("info/refs", "", None),
        ("info/refs?service=git-anything", "", None),
        ("git-upload-pack", "text/plain", b"0000"),
        ("git-upload-pack", "application/x-git-receive-pack-request", b"0000"),
    ],
)
def test_what_no_git_asks_is_refused(
    running: RunningHouse, project: str, token: str, path: str, kind: str, body: bytes | None
) -> None:
    headers = basic(token) | ({"Content-Type": kind} if kind else {})
    assert ask(running, f"/{project}.git/{path}", headers, body)[0] == 403


@pytest.mark.parametrize("service", ["git-upload-pack", "git-receive-pack"])
@pytest.mark.parametrize(
    "body", [b"", b"0000", b"zzzz", b"0001", b"fffe" + b"x" * 100, b"\0" * 70_000, b"0032want x\n"]
)
@pytest.mark.parametrize("packed", [False, True])
def test_nonsense_does_no_harm(
    running: RunningHouse, project: str, token: str, service: str, body: bytes, packed: bool
) -> None:
    headers = basic(token) | {"Content-Type": f"application/x-{service}-request"}
    if packed:
        headers["Content-Encoding"] = "gzip"
        body = gzip.compress(body)
    status, _, _ = ask(running, f"/{project}.git/{service}", headers, body)
    assert status in (200, 400)
    assert moved(running, project) == []


def test_what_is_not_packed_as_it_says(running: RunningHouse, project: str, token: str) -> None:
    headers = basic(token) | {
        "Content-Type": "application/x-git-upload-pack-request",
        "Content-Encoding": "gzip",
    }
    with suppress(http.client.HTTPException, ConnectionError):
        assert ask(running, f"/{project}.git/git-upload-pack", headers, b"this is not packed")[0] in (200, 400)
    assert ask(running, f"/{project}.git/info/refs?service=git-upload-pack", basic(token))[0] == 200


def test_a_bomb_is_not_unpacked_in_memory(running: RunningHouse, project: str, token: str) -> None:
    headers = basic(token) | {
        "Content-Type": "application/x-git-upload-pack-request",
        "Content-Encoding": "gzip",
    }
    bomb = gzip.compress(b"\0" * 300 * MEGABYTE)
    before = peak_of(running)
    with suppress(http.client.HTTPException, ConnectionError):
        ask(running, f"/{project}.git/git-upload-pack", headers, bomb)
    assert peak_of(running) - before < GROWTH_BYTES_MAX


def test_fifty_megabytes_pass_through(running: RunningHouse, project: str, tree: Worktree) -> None:
    """In and out, and the house holds little of it at any moment."""
    sha = tree.commit("Large", {"large.bin": os.urandom(50 * MEGABYTE)})
    tree.git("-c", "core.compression=0", "repack", "-adq")
    before = peak_of(running, anew=True)
    tree.push("main")
    clone = tree.home.clone(project, "clone")

    assert clone.sha() == sha
    assert (clone.folder / "large.bin").stat().st_size == 50 * MEGABYTE
    assert peak_of(running) - before < GROWTH_BYTES_MAX


def test_a_slow_reader_is_waited_for(running: RunningHouse, project: str, tree: Worktree, token: str) -> None:
    """What git says is not piled up in the house when the client takes its time."""
    sha = tree.commit("Large", {"large.bin": os.urandom(50 * MEGABYTE)})
    tree.push("main")
    before = peak_of(running, anew=True)
    body = f"0032want {sha}\n00000009done\n".encode()
    address = urlsplit(running.url)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=30) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        heads = {
            "Host": address.netloc,
            "Content-Type": "application/x-git-upload-pack-request",
            "Content-Length": str(len(body)),
            **basic(token),
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in heads.items())
        line.sendall(f"POST /{project}.git/git-upload-pack HTTP/1.1\r\n{lines}\r\n".encode() + body)
        assert line.recv(100).startswith(b"HTTP/1.1 200")
        time.sleep(3)
        assert peak_of(running) - before < GROWTH_BYTES_MAX
    assert gits_end(running)


def test_a_push_that_breaks_off_leaves_nothing(running: RunningHouse, project: str, tree: Worktree, token: str) -> None:
    old = tree.commit("First")
    tree.push("main")
    new = tree.commit("Large", {"large.bin": os.urandom(3 * MEGABYTE)})
    pack = subprocess.run(
        ["git", "pack-objects", "--stdout", "--revs", "-q"],
        cwd=tree.folder,
        input=f"{new}\n^{old}\n".encode(),
        capture_output=True,
        check=True,
        env=tree.home.environment,
    ).stdout
    command = f"{old} {new} refs/heads/main\0report-status side-band-64k".encode()
    body = f"{len(command) + 4:04x}".encode() + command + b"0000" + pack
    address = urlsplit(running.url)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=30) as line:
        heads = {
            "Host": address.netloc,
            "Content-Type": "application/x-git-receive-pack-request",
            "Content-Length": str(len(body)),
            **basic(token),
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in heads.items())
        line.sendall(f"POST /{project}.git/git-receive-pack HTTP/1.1\r\n{lines}\r\n".encode() + body[: len(body) // 2])
        time.sleep(0.5)

    assert gits_end(running)
    objects = Path(bare(running, project)) / "objects"
    assert list(objects.glob("tmp_*")) == list(objects.glob("pack/tmp_*")) == []
    assert moved(running, project) == [("refs/heads/main", "0" * 40, old)]
    tree.push("main")
    assert pushed(running, project)[-1]["after"] == new


def test_nothing_of_the_house_reaches_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DURE_SECRET", "hidden")
    monkeypatch.setenv("GIT_DIR", "/elsewhere")
    assert not {"DURE_SECRET", "GIT_DIR"} & set(environment())
    assert environment()["GIT_CONFIG_NOSYSTEM"] == "1"


def peak_of(house: RunningHouse, *, anew: bool = False) -> int:
    """The most memory that the house has had, in bytes; from now on if it is to be counted anew."""
    folder = Path(f"/proc/{house.process.pid}")
    if anew:
        (folder / "clear_refs").write_text("5")
    line = next(line for line in (folder / "status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def gits_of(house: RunningHouse) -> list[str]:
    """The gits that the house has started and that are still there."""
    tasks = Path(f"/proc/{house.process.pid}/task").glob("*/children")
    children = [Path(f"/proc/{child}/comm") for task in tasks for child in task.read_text().split()]
    return [child.parent.name for child in children if child.exists() and child.read_text().startswith("git")]


def gits_end(house: RunningHouse, seconds: float = 15.0) -> bool:
    """Whether every git that the house started ends by itself."""
    give_up_at = time.monotonic() + seconds
    while time.monotonic() < give_up_at:
        if not gits_of(house):
            return True
        time.sleep(0.05)
    return False
