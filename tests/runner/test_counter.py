"""The counter of a job, spoken to as the official clients do, with a real house behind it."""

import base64
import hashlib
import json
import os
import socket
import subprocess
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
import pytest

from dure.build import rerun, run_of
from dure.runner.agent.bringing import Bringer
from dure.runner.agent.house import House
from dure.runner.agent.wants import Wants
from dure.runner.counter import Counter
from dure.runner.place import Card, JobPlace
from dure.wire import JobOrder
from tests.build.agent import Agent
from tests.build.conftest import agent, site, yard  # noqa: F401 - what these tests ask for
from tests.build.wired import WHEN, Yard

CI = """
on: push
permissions: {contents: read, id-token: write}
jobs:
  test: {runs-on: ubuntu-latest, steps: [{run: echo}]}
"""
TWIRP = "/twirp/github.actions.results.api.v1."
MEGABYTE = 1 << 20


@dataclass
class Till:
    """A counter that is open, and whoever speaks to it with a good token."""

    counter: Counter
    order: JobOrder
    place: JobPlace
    told: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.told = self.counter.environment()

    def ask(
        self, method: str, address: str, body: bytes | Iterator[bytes] | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """One request; the status, the headers and the body of the answer."""
        line = HTTPConnection(urlsplit(self.told["ACTIONS_RESULTS_URL"]).netloc, timeout=60)
        try:
            here = urlsplit(address)
            where = here.path + (f"?{here.query}" if here.query else "")
            line.request(method, where, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = line.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            line.close()

    def call(self, method: str, token: str | None = None, **words: object) -> tuple[int, Any]:
        token = self.told["ACTIONS_RUNTIME_TOKEN"] if token is None else token
        ids = {"workflow_run_backend_id": str(self.order.run_id), "workflow_job_run_backend_id": str(self.order.job_id)}
        said = json.dumps({**(ids if "Artifact" in method else {}), **words}).encode()
        status, headers, body = self.ask("POST", TWIRP + method, said, Authorization=f"Bearer {token}")
        assert headers["content-type"] == "application/json"
        return status, json.loads(body)

    def well(self, method: str, **words: object) -> Any:
        status, said = self.call(method, None, **words)
        assert status == 200, said
        return said

    def block(self, address: str, name: str, data: bytes) -> int:
        return self.ask("PUT", f"{address}&comp=block&blockid={quote(block_id(name))}", data)[0]

    def listed(self, address: str, *names: str) -> int:
        latest = "".join(f"<Latest>{block_id(name)}</Latest>" for name in names)
        return self.ask("PUT", f"{address}&comp=blocklist", f"<BlockList>{latest}</BlockList>".encode())[0]

    def put(self, name: str, data: bytes) -> Any:
        """A whole artifact."""
        address = self.well("ArtifactService/CreateArtifact", name=name, version=7)["signed_upload_url"]
        assert self.ask("PUT", address, data, x_ms_blob_type="BlockBlob")[0] == 201
        return self.well("ArtifactService/FinalizeArtifact", name=name, size=str(len(data)), hash=digest(data))

    def keep(self, key: str, data: bytes = b"cache", version: str = "v") -> Any:
        said = self.well("CacheService/CreateCacheEntry", key=key, version=version)
        if said["ok"]:
            assert self.ask("PUT", said["signed_upload_url"], data)[0] == 201
            size = str(len(data))
            said = self.well("CacheService/FinalizeCacheEntryUpload", key=key, version=version, size_bytes=size)
        return said

    def found(self, key: str, *restore: str, version: str = "v") -> str:
        said = self.well("CacheService/GetCacheEntryDownloadURL", key=key, version=version, restore_keys=[*restore])
        return str(said["matched_key"])


def block_id(name: str) -> str:
    return base64.b64encode(name.encode()).decode()


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


@contextmanager
def opened(agent: Agent, order: JobOrder, folder: Path) -> Iterator[Till]:  # noqa: F811
    """A counter for this job, with a runner that brings what it wants."""
    token = folder / "token"
    token.write_text(agent.headers["Authorization"].removeprefix("Bearer "))
    card = Card(job_id=order.job_id, run_id=order.run_id, attempt=order.attempt, lease_seconds=30, name=order.name)
    place = JobPlace(folder / f"place-{order.job_id}-{order.attempt}")
    place.make()
    over = threading.Event()
    wants = Wants(place, lambda: Bringer(House(agent.url, token), card, folder / "actions"), over.is_set)

    def bring() -> None:
        while not over.wait(0.005):
            wants.look()

    thread = threading.Thread(target=bring, daemon=True)
    thread.start()
    # This house does not know at which port the test has served it.
    order = msgspec.structs.replace(order, repository_url=f"{agent.url}/{order.project}.git")
    counter = Counter(place, order)
    try:
        yield Till(counter, order, place)
    finally:
        counter.close()
        over.set()
        thread.join()


@pytest.fixture
def till(yard: Yard, agent: Agent, tmp_path: Path) -> Iterator[Till]:  # noqa: F811
    yard.workflow(CI)
    with opened(agent, agent.take(), tmp_path) as till:
        yield till


def test_an_artifact_in_blocks_of_any_order(till: Till) -> None:
    address = till.well("ArtifactService/CreateArtifact", name="it", version=7)["signed_upload_url"]
    pieces = {f"b{number}": os.urandom(300_000) for number in range(4)}
    for name in ("b2", "b0", "b3", "b1", "b0"):
        assert till.block(address, name, pieces[name]) == 201
    assert till.listed(address, "b0", "nothing") == 400
    assert till.listed(address, *pieces) == 201
    assert till.listed(address, *pieces) == 201, "what is said twice, as after a broken connection, does no harm"
    whole = b"".join(pieces.values())
    finalize = {"name": "it", "size": str(len(whole))}
    status, said = till.call("ArtifactService/FinalizeArtifact", **finalize, hash=digest(b"other"))
    assert (status, said["code"]) == (400, "invalid_argument")
    assert till.well("ArtifactService/ListArtifacts")["artifacts"] == []
    made = till.well("ArtifactService/FinalizeArtifact", **finalize, hash=digest(whole))

    [card] = till.well("ArtifactService/ListArtifacts", id_filter=made["artifact_id"])["artifacts"]
    assert (card["name"], card["size"], card["digest"]) == ("it", str(len(whole)), digest(whole))
    signed = till.well("ArtifactService/GetSignedArtifactURL", name="it")["signed_url"]
    status, headers, body = till.ask("GET", signed)
    assert (status, headers["content-type"], body == whole) == (200, "application/zip", True)
    status, headers, body = till.ask("GET", signed, Range="bytes=100-199")
    assert (status, body) == (206, whole[100:200])
    assert headers["content-range"] == f"bytes 100-199/{len(whole)}"
    assert till.ask("GET", signed, x_ms_range=f"bytes={len(whole) - 5}-")[2] == whole[-5:]
    assert till.ask("GET", signed, Range=f"bytes={len(whole)}-")[0] == 416
    status, headers, body = till.ask("HEAD", signed)
    assert (status, headers["content-length"], body) == (200, str(len(whole)), b"")
    assert till.ask("PUT", address, b"late")[0] == 404, "what is finished is not written again"
    assert list(till.place.path.glob("shelf/*")) == []
    assert list(till.place.path.glob("wants/*")) == []


def test_a_file_that_is_no_zip_keeps_its_kind_and_name(till: Till) -> None:
    create = {"name": "보고서.html", "version": 7, "mime_type": "text/html"}
    address = till.well("ArtifactService/CreateArtifact", **create)["signed_upload_url"]
    till.ask("PUT", address, b"<p>")
    till.well("ArtifactService/FinalizeArtifact", name="보고서.html", size="3", hash={"value": digest(b"<p>")})
    signed = till.well("ArtifactService/GetSignedArtifactURL", name="보고서.html")["signed_url"]
    _, headers, body = till.ask("GET", signed)
    assert (headers["content-type"], body) == ("text/html", b"<p>")
    assert headers["content-disposition"] == f"attachment; filename*=UTF-8''{quote('보고서.html')}"


def test_a_name_is_taken_once(till: Till) -> None:
    till.put("it", b"first")
    status, said = till.call("ArtifactService/CreateArtifact", name="it", version=7)
    assert (status, said["code"]) == (409, "already_exists")
    assert "already exists" in said["msg"]
    till.well("ArtifactService/DeleteArtifact", name="it")
    till.put("it", b"second")
    assert till.call("ArtifactService/DeleteArtifact", name="other")[0] == 404


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "a\\b", "a:b", "a\nb", 'a"b', "a*b", "a|b", "x" * 201])
def test_names_that_are_no_file_names(till: Till, name: str) -> None:
    status, said = till.call("ArtifactService/CreateArtifact", name=name, version=7)
    assert (status, said["code"]) == (400, "invalid_argument")


@pytest.mark.parametrize("key", ["", "a,b", "x" * 513, "a\nb", "a\0b"])
def test_keys_that_are_none(till: Till, key: str) -> None:
    assert till.call("CacheService/CreateCacheEntry", key=key, version="v")[0] == 400


@pytest.mark.parametrize("key", ["../../etc/passwd", "/etc/passwd", "..", "a/../../b", "%2e%2e%2f", "'; DROP TABLE x"])
def test_whatever_a_key_says_it_is_only_a_key(till: Till, key: str) -> None:
    assert till.keep(key, b"mine")["ok"]
    said = till.well("CacheService/GetCacheEntryDownloadURL", key=key, version="v")
    assert (said["matched_key"], till.ask("GET", said["signed_download_url"])[2]) == (key, b"mine")


def test_only_with_a_token_of_this_job(till: Till) -> None:
    good = till.told["ACTIONS_RUNTIME_TOKEN"]
    head, body, signature = good.split(".")
    other = base64.urlsafe_b64encode(json.dumps({"scp": "Actions.Results:1:1", "exp": 2**40}).encode()).decode()
    for token in ("", "x", "a.b.c", f"{head}.{body}.", f"{head}.{other}.{signature}", till.order.job_token):
        status, said = till.call("ArtifactService/ListArtifacts", token=token)
        assert (status, said["code"]) == (401, "unauthenticated")
    for words in ({"workflow_run_backend_id": "999"}, {"workflow_job_run_backend_id": "999"}):
        assert till.call("ArtifactService/CreateArtifact", name="it", version=7, **words)[0] == 403
    assert till.call("ArtifactService/ListArtifacts", workflow_run_backend_id="999")[0] == 403
    assert f"Actions.Results:{till.order.run_id}:{till.order.job_id}" in base64.urlsafe_b64decode(body + "==").decode()


def test_addresses_are_good_for_one_thing_and_not_for_ever(till: Till) -> None:
    upload = till.well("ArtifactService/CreateArtifact", name="it", version=7)["signed_upload_url"]
    till.put("there", b"x")
    download = till.well("ArtifactService/GetSignedArtifactURL", name="there")["signed_url"]
    assert till.ask("PUT", upload.replace("/uploads/1", "/uploads/2"), b"x")[0] == 403
    assert till.ask("PUT", upload.replace("sig=", "sig=A"), b"x")[0] == 403
    assert till.ask("PUT", upload.partition("?")[0], b"x")[0] == 403
    assert till.ask("GET", upload)[0] == 404
    assert till.ask("GET", download.replace("for=download", "for=upload"))[0] == 403
    stale = till.counter.stamp.signed(urlsplit(upload).path, "upload", seconds=-1)
    status, headers, body = till.ask("PUT", stale, b"x")
    assert (status, headers["content-type"]) == (403, "application/json")
    assert "Ask for a new one" in json.loads(body)["msg"]


def test_every_no_is_json(till: Till) -> None:
    bearer = {"Authorization": f"Bearer {till.told['ACTIONS_RUNTIME_TOKEN']}"}
    service = f"{TWIRP}ArtifactService/CreateArtifact"
    for method, path, body, expected in (
        ("GET", "/", None, 404),
        ("POST", f"{TWIRP}Nonsense/Nothing", b"{}", 404),
        ("POST", service, b"no json", 400),
        ("POST", service, b'{"name": 5}', 400),
        ("POST", service, b'{"name": "' + b"x" * 2 * MEGABYTE, 413),
        ("DELETE", "/uploads/1", None, 403),
        ("GET", "/../../etc/passwd", None, 404),
        ("GET", "/identity?audience=x", None, 401),
        ("PUT", "/caches/1", b"x", 404),
    ):
        status, headers, answer = till.ask(method, path, body, **bearer)
        assert (status, headers["content-type"]) == (expected, "application/json"), path
        assert json.loads(answer)["msg"]


def test_caches_by_key_and_by_beginning(till: Till) -> None:
    assert till.found("deps-1") == ""
    assert till.keep("deps-1", b"one")["ok"]
    assert till.keep("deps-2", b"two")["ok"]
    assert till.keep("deps-1", b"changed")["message"].endswith("never changed")
    assert till.found("deps-1") == "deps-1"
    assert till.found("deps-3", "deps-") == "deps-2", "the newest that begins so"
    assert till.found("x", "nothing-", "deps-1", "deps-") == "deps-1", "in the order of the keys"
    assert till.found("DEPS-1", "DEPS-") == "", "small and large letters differ"
    assert till.found("deps_1", "deps_", "de%") == "", "no letter stands for any other"
    assert till.found("deps-1", version="other") == ""


def test_identity_for_an_audience(till: Till) -> None:
    address = f"{till.told['ACTIONS_ID_TOKEN_REQUEST_URL']}&audience=somebody"
    status, _, body = till.ask("GET", address, Authorization=f"Bearer {till.told['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}")
    claims = json.loads(base64.urlsafe_b64decode(json.loads(body)["value"].split(".")[1] + "=="))
    assert (status, claims["aud"], claims["sub"]) == (200, "somebody", "repo:ada/shop:ref:refs/heads/main")
    assert till.ask("GET", address, Authorization=f"Bearer {till.told['ACTIONS_RUNTIME_TOKEN']}")[0] == 401


def test_git_finds_the_repository_through_it(till: Till, tmp_path: Path) -> None:
    """Without `.git` at the end, one commit deep, by its sha: as actions/checkout does it."""
    words = base64.b64encode(f"x-access-token:{till.order.job_token}".encode()).decode()
    server = till.told["GITHUB_SERVER_URL"]
    assert server.startswith("http://dure.localhost:")
    header = f"http.{server}/.extraheader=AUTHORIZATION: basic {words}"

    def git(*words: str) -> str:
        argv = ["git", "-C", str(tmp_path / "clone"), *words]
        environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_GLOBAL": "/dev/null"}
        return subprocess.run(argv, check=True, capture_output=True, text=True, env=environment).stdout.strip()

    (tmp_path / "clone").mkdir()
    git("init", "-q")
    git("-c", header, "-c", "protocol.version=2", "fetch", "-q", "--depth=1", f"{server}/ada/shop", till.order.sha)
    assert git("rev-parse", "FETCH_HEAD") == till.order.sha
    with pytest.raises(subprocess.CalledProcessError):
        git("fetch", "-q", f"{server}/ada/shop", till.order.sha)


def test_what_the_house_says_no_to_is_passed_on(till: Till) -> None:
    api = till.told["GITHUB_API_URL"]
    status, headers, body = till.ask("GET", f"{api}/repos/ada/shop", Authorization=f"token {till.order.job_token}")
    assert (status, json.loads(body)["full_name"]) == (200, "ada/shop")
    status, headers, body = till.ask("GET", f"{api}/repos/ada/shop", Authorization="token nonsense")
    assert (status, headers["content-type"]) == (401, "application/json")
    status, headers, body = till.ask("GET", f"{api}/nothing/here", Authorization=f"bearer {till.order.job_token}")
    assert (status, json.loads(body)["message"]) == (404, "Not Found")


def test_a_large_upload_needs_little_memory(till: Till) -> None:
    size, block = 200 * MEGABYTE, os.urandom(8 * MEGABYTE)
    address = till.well("ArtifactService/CreateArtifact", name="large", version=7)["signed_upload_url"]
    names = [f"{number:05}" for number in range(size // len(block))]
    tracemalloc.start()
    try:
        for name in names:
            assert till.block(address, name, block) == 201
        assert till.listed(address, *names) == 201
        till.well("ArtifactService/FinalizeArtifact", name="large", size=str(size), hash=digest(block * len(names)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # `digest` above holds all of it once; beyond that there is a piece here and a piece there.
    assert peak - size < 40 * MEGABYTE


def test_a_chunk_has_no_sign(till: Till) -> None:
    """Python reads one of -1 bytes until the sender ends, all of it into memory."""
    address = till.well("ArtifactService/CreateArtifact", name="odd", version=7)["signed_upload_url"]
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as line:
        head = f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        line.sendall(head.encode() + b"-1\r\nendless")
        assert line.recv(1) == b""


def test_when_the_job_is_over_so_is_the_counter(till: Till) -> None:
    address = till.well("ArtifactService/CreateArtifact", name="it", version=7)["signed_upload_url"]
    till.block(address, "b", b"x" * MEGABYTE)
    begun = time.monotonic()
    till.counter.close()
    assert time.monotonic() - begun < 0.3, "no job waits for it"
    with pytest.raises(ConnectionError):
        till.ask("GET", "/")
    assert not (till.place.path / "counter").exists()


def until(what: Callable[[], Any], seconds: float = 30) -> Any:
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError(f"it did not come to that within {seconds} s")


def test_an_artifact_of_an_earlier_try_makes_room(yard: Yard, agent: Agent, tmp_path: Path) -> None:  # noqa: F811
    yard.workflow(CI)
    order = agent.take()
    with opened(agent, order, tmp_path) as till:
        till.put("it", b"first")
    agent.report(order, {"what": "ended", "conclusion": "failure", "outputs": {}, "at": WHEN})
    until(lambda: yard.run().is_over)
    yard.write(lambda work: rerun(work, run_of(work, yard.project, 1)))
    again = agent.take()
    assert again.attempt == 2
    with opened(agent, again, tmp_path) as till:
        till.put("it", b"second")
        signed = till.well("ArtifactService/GetSignedArtifactURL", name="it")["signed_url"]
        assert till.ask("GET", signed)[2] == b"second"
