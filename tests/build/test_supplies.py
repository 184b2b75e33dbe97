"""What may be written and read by whom, how long it stays, and what the token of a job is good for."""

import os
import subprocess
import time
from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, update

from dure.build import Artifact, Cache, artifacts_of, caches_of, drop_cache, run_of
from dure.build.leaving import (
    Left,
    TooLarge,
    drop_expired,
    drop_unused,
    find_cache,
    is_from_fork,
    keep_artifact,
    keep_cache,
    keep_report,
    own_cache,
    remove_artifact,
    scopes_of_run,
)
from dure.build.run import Job, Run
from dure.kit import Forbidden, Missing, now
from dure.ledger import HOUSE, Work
from dure.storage import Sweeper, open_blobs
from dure.storage.engines.disk import Disk
from dure.workflow import Permissions, granted_by
from tests.build.agent import Agent
from tests.build.wired import Yard
from tests.plan.visitor import Visitor

CI = "on: push\n{permissions}jobs:\n  test:\n    runs-on: ubuntu-latest\n    steps: [{{run: echo}}]\n"
OURS, THEIRS = {"full_name": "ada/shop"}, {"full_name": "eve/shop"}
LIMIT = 10_000


def request(number: int, head: dict[str, str] = OURS) -> dict[str, Any]:
    return {"pull_request": {"number": number, "head": {"repo": head}, "base": {"repo": OURS}}}


def run(yard: Yard, event: str = "push", ref: str = "refs/heads/main", payload: Any = None, base: str = "") -> Run:
    """A run that began so."""
    before = len(yard.runs())
    yard.workflow(CI.format(permissions=""), f"{event} {ref}")
    give_up_at = time.monotonic() + 20
    while len(yard.runs()) == before:  # Where a program is served over this house, it may be the one that plans.
        assert time.monotonic() < give_up_at
        time.sleep(0.02)
    newest = yard.runs()[-1]

    def make(work: Work) -> Run:
        found = work.session.get_one(Run, newest.id)
        contexts = msgspec.json.decode(found.contexts)
        contexts["github"] |= {"event": payload or {}, "base_ref": base, "event_name": event}
        found.event, found.ref, found.contexts = event, ref, msgspec.json.encode(contexts).decode()
        return found

    return yard.house.write_now(HOUSE, make)


def keep(yard: Yard, run: Run, key: str, size: int = 10, version: str = "v") -> bool:
    digest = f"sha256:{os.urandom(32).hex()}"
    kept = yard.house.write_now(HOUSE, lambda work: keep_cache(work, run, key, version, digest, size, LIMIT))
    return kept.fresh


def find(yard: Yard, run: Run, *keys: str) -> str | None:
    found = yard.house.read_now(HOUSE, lambda work: find_cache(work, run, keys, "v"))
    return None if found is None else f"{found.ref.removeprefix('refs/')}:{found.key}"


def test_a_branch_reads_its_own_first_and_the_default_branch_last(yard: Yard) -> None:
    main, topic, tag = run(yard), run(yard, ref="refs/heads/topic"), run(yard, ref="refs/tags/v1")
    keep(yard, main, "deps-1")
    assert find(yard, topic, "deps-1") == "heads/main:deps-1"
    assert find(yard, tag, "deps-1") == "heads/main:deps-1"
    keep(yard, topic, "deps-0")
    assert find(yard, topic, "deps-1", "deps-") == "heads/topic:deps-0", "its own, even where another fits better"
    assert find(yard, main, "deps-0", "deps-") == "heads/main:deps-1"
    assert find(yard, tag, "deps-0") is None
    other = run(yard, ref="refs/heads/other")
    assert find(yard, other, "deps-0") is None


def test_a_proposed_change_poisons_nothing(yard: Yard) -> None:
    main = run(yard)
    proposed = run(yard, "pull_request", "refs/pull/7/merge", request(7, THEIRS), base="main")
    other = run(yard, "pull_request", "refs/pull/8/merge", request(8), base="main")
    assert keep(yard, proposed, "deps-1"), "what it keeps is for itself"
    assert find(yard, proposed, "deps-1") == "pull/7/merge:deps-1"
    assert find(yard, main, "deps-1", "deps-", "d") is None
    assert find(yard, other, "deps-1", "deps-") is None
    assert keep(yard, main, "deps-1"), "nobody has taken its key"
    assert find(yard, main, "deps-1") == "heads/main:deps-1"
    assert find(yard, other, "deps-1") == "heads/main:deps-1"


def test_a_proposed_change_reads_the_branch_it_is_for(yard: Yard) -> None:
    keep(yard, run(yard, ref="refs/heads/release"), "deps-1")
    keep(yard, run(yard), "deps-2")
    proposed = run(yard, "pull_request", "refs/pull/7/merge", request(7), base="release")
    assert find(yard, proposed, "deps-1") == "heads/release:deps-1"
    assert find(yard, proposed, "deps-2") == "heads/main:deps-2"


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("issue_comment", None),
        ("issues", None),
        ("workflow_run", {"workflow_run": {"event": "pull_request"}}),
        ("pull_request_target", {"pull_request": {}}),
    ],
)
def test_what_anybody_can_begin_writes_no_caches_of_the_branch(yard: Yard, event: str, payload: Any) -> None:
    """Such runs are on the default branch, and work with the words or the code of whoever began them."""
    begun = run(yard, event, "refs/heads/main", payload, base="main")
    with pytest.raises(Forbidden, match=r"^cache write denied:"):
        keep(yard, begun, "deps-1")
    with pytest.raises(Forbidden):
        yard.house.read_now(HOUSE, lambda work: own_cache(work, begun, "deps-1", "v"))
    keep(yard, run(yard), "deps-1")
    assert find(yard, begun, "deps-1") == "heads/main:deps-1"


def test_a_change_that_is_looked_at_by_trusted_code_has_a_place_of_its_own(yard: Yard) -> None:
    begun = run(yard, "pull_request_target", "refs/heads/main", request(7, THEIRS), base="main")
    scopes = yard.house.read_now(HOUSE, lambda work: scopes_of_run(work, begun))
    assert scopes.writes == "refs/pull/7/merge"
    keep(yard, begun, "deps-1")
    assert find(yard, run(yard), "deps-1") is None


def test_the_longest_unused_goes_where_room_is_needed(yard: Yard) -> None:
    main = run(yard)
    for number in range(4):
        keep(yard, main, f"c{number}", LIMIT // 4)
    yard.house.write_now(HOUSE, lambda work: touch(work, "c0"))
    keep(yard, main, "c4", LIMIT // 4)
    assert sorted(each.key for each in yard.read(lambda work: caches_of(work, yard.project))) == [
        "c0",
        "c2",
        "c3",
        "c4",
    ]
    with pytest.raises(TooLarge):
        keep(yard, main, "c5", LIMIT + 1)
    assert len(yard.read(lambda work: caches_of(work, yard.project))) == 4


def touch(work: Work, key: str) -> None:
    work.session.execute(update(Cache).where(Cache.key == key).values(used_at=now() + timedelta(seconds=1)))


def test_caches_are_listed_and_dropped_and_go_when_unused(yard: Yard, ada: Visitor) -> None:
    main = run(yard)
    keep(yard, main, "a")
    keep(yard, main, "b")
    listed = ada.api("GET", "/projects/ada/shop/caches").json
    assert {each["key"] for each in listed["caches"]} == {"a", "b"}
    assert (listed["bytes"], listed["bytes_max"]) == (20, 10 * 1024**3)
    assert ada.api("DELETE", f"/projects/ada/shop/caches/{listed['caches'][0]['id']}").status == 204
    assert ada.api("DELETE", f"/projects/ada/shop/caches/{listed['caches'][0]['id']}").status == 404
    with pytest.raises(Missing):
        yard.write(lambda work: drop_cache(work, yard.project, 999))

    def age(work: Work) -> None:
        work.session.execute(update(Cache).values(used_at=now() - timedelta(days=15)))
        drop_unused(work, 14)

    yard.house.write_now(HOUSE, age)
    assert yard.read(lambda work: caches_of(work, yard.project)) == []


def test_artifacts_end_and_their_bytes_go_when_nobody_has_them(yard: Yard) -> None:
    blobs = open_blobs(Disk(yard.folder / "blobs"), yard.folder / "incoming", 1 << 20)
    sweeper = Sweeper(yard.house, blobs)
    main = run(yard)
    digests = {name: blobs.put([name.encode()]) for name in ("short", "long", "shared", "orphan")}

    def leave(work: Work) -> None:
        job = work.session.scalars(select(Job).where(Job.run_id == main.id)).one()
        for name, days in (("short", 1), ("long", 90), ("shared", 1)):
            keep_artifact(work, main, job, Left(name, digests[name], len(name), days=days))
        keep_report(work, main, job, "junit.xml", digests["shared"], 6)

    def age(work: Work) -> None:
        soon = Artifact.expires_at < now() + timedelta(days=2)
        work.session.execute(update(Artifact).where(soon).values(expires_at=now() - timedelta(seconds=1)))
        drop_expired(work)

    yard.house.write_now(HOUSE, leave)
    assert sweeper.once() == 0, "what is young is left alone, whoever names it"
    yard.house.write_now(HOUSE, age)
    left = yard.read(lambda work: artifacts_of(work, run_of(work, yard.project, main.number)))
    assert [each.name for each in left] == ["long"]
    assert sweeper.once(young=timedelta(0)) == 2
    assert {name for name, digest in digests.items() if blobs.exists(digest)} == {"long", "shared"}


def test_the_number_of_an_artifact_that_is_gone_is_no_others(yard: Yard) -> None:
    main = run(yard)

    def leave(work: Work) -> int:
        job = work.session.scalars(select(Job).where(Job.run_id == main.id)).one()
        keep_artifact(work, main, job, Left("app", "sha256:" + "0" * 64, 1))
        return artifacts_of(work, main)[0].id

    first = yard.house.write_now(HOUSE, leave)
    yard.write(lambda work: remove_artifact(work, yard.project, first))
    assert yard.house.write_now(HOUSE, leave) > first


def test_logs_go_after_their_time(yard: Yard) -> None:
    yard.logs.append(1, 1, 0, b"old\n")
    yard.logs.append(2, 1, 0, b"new\n")
    before = (now() - timedelta(days=401)).timestamp()
    os.utime(yard.logs.path(1, 1), (before, before))
    assert yard.logs.forget_older(400) == 1
    assert (yard.logs.size(1, 1), yard.logs.size(2, 1)) == (0, 4)


@pytest.mark.parametrize(
    ("said", "given"),
    [
        (None, {"contents": "read", "metadata": "read", "packages": "read"}),
        (Permissions(scopes={"issues": "write"}), {"issues": "write", "metadata": "read"}),
        (Permissions(scopes={}), {"metadata": "read"}),
        (Permissions(scopes={"contents": "none"}), {"metadata": "read"}),
    ],
)
def test_permissions_as_they_are_said(said: Permissions | None, given: dict[str, str]) -> None:
    assert granted_by([said]) == given


def test_all_of_them_at_once_and_less_for_others() -> None:
    every = granted_by([Permissions(all="write")])
    assert (every["contents"], every["id-token"]) == ("write", "write")
    assert "id-token" not in granted_by([Permissions(all="read")])
    forked = granted_by([Permissions(all="write")], is_fork=True)
    assert set(forked.values()) == {"read"}
    assert "id-token" not in forked


def test_where_a_change_comes_from(yard: Yard) -> None:
    assert is_from_fork(run(yard, "pull_request", "refs/pull/7/merge", request(7, THEIRS)))
    assert not is_from_fork(run(yard, "pull_request", "refs/pull/7/merge", request(7)))
    assert not is_from_fork(run(yard))


def git(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_TERMINAL_PROMPT": "0"}
    for who in ("AUTHOR", "COMMITTER"):
        environment |= {f"GIT_{who}_NAME": "job", f"GIT_{who}_EMAIL": "job@example.org"}
    argv = ["git", "-C", str(folder), *words]
    return subprocess.run(argv, check=False, capture_output=True, text=True, env=environment)


@pytest.mark.parametrize(
    ("said", "reads", "writes"),
    [
        ("", True, False),
        ("permissions: {contents: read}\n", True, False),
        ("permissions: {contents: write}\n", True, True),
        ("permissions: {issues: write}\n", False, False),
        ("permissions: write-all\n", True, True),
    ],
)
def test_git_does_what_the_permission_says(
    yard: Yard, agent: Agent, tmp_path: Path, said: str, reads: bool, writes: bool
) -> None:
    yard.workflow(CI.format(permissions=said))
    order = agent.take()
    url = f"{agent.url.replace('://', f'://x-access-token:{order.job_token}@')}/ada/shop"
    tree = tmp_path / "tree-of-the-job"
    tree.mkdir()
    assert (git(tree, "clone", "-q", url, ".").returncode == 0) == reads
    if reads:
        git(tree, "commit", "-q", "--allow-empty", "-m", "fix: from a job")
        assert (git(tree, "push", "-q", url, "HEAD:refs/heads/from-a-job").returncode == 0) == writes
        yard.carry_on()
        assert len(yard.runs()) == 1, "what a job pushes begins nothing"


def asked(agent: Agent, token: str) -> Callable[..., int]:
    def ask(method: str, path: str, body: object = None) -> int:
        sent = None if body is None else msgspec.json.encode(body)
        return Visitor(agent.url).ask(method, path, sent, Authorization=f"token {token}").status

    return ask


def test_what_each_call_of_the_rest_api_needs(yard: Yard, agent: Agent) -> None:
    yard.workflow(CI.format(permissions="permissions: {contents: read, issues: write}\n"))
    order = agent.take()
    ask, here = asked(agent, order.job_token), "/api/v3/repos/ada/shop"
    sha = order.sha
    for path, status in (
        ("", 200),
        ("/commits", 200),
        (f"/commits/{sha}", 200),
        ("/commits/main", 200),
        (f"/commits/{'0' * 40}", 404),
        (f"/commits/{sha}/status", 403),
        ("/branches", 200),
        ("/branches/main", 200),
        ("/branches/no/such", 404),
        ("/git/ref/heads/main", 200),
        ("/git/matching-refs/heads/m", 200),
        ("/contents", 200),
        ("/contents/.github/workflows/ci.yml", 200),
        ("/contents/../../../etc/passwd", 404),
        ("/contents/.github/workflows/ci.yml?ref=nothing", 404),
        ("/issues", 200),
        ("/issues/1", 404),
        ("/labels", 200),
        ("/releases", 200),
        ("/releases/latest", 404),
        ("/actions/runs", 403),
        ("/actions/artifacts", 403),
        ("/pulls", 403),
        ("/nonsense", 404),
    ):
        assert ask("GET", here + path) == status, path
    assert ask("GET", "/api/v3/repos/ada/other") == 404
    assert ask("GET", "/api/v3/user") == 200
    assert ask("GET", "/api/v3/rate_limit") == 200
    assert ask("POST", f"{here}/issues", {"title": "x"}) == 201
    assert ask("POST", f"{here}/issues", {"title": ""}) == 422
    assert ask("POST", f"{here}/issues", {}) == 422
    assert ask("POST", f"{here}/issues/1/comments", {"body": "words"}) == 201
    assert ask("PATCH", f"{here}/issues/1", {"state": "closed"}) == 200
    assert ask("POST", f"{here}/statuses/{sha}", {"state": "success"}) == 403
    assert ask("GET", "/api/v1/projects/ada/shop/issues") == 401
    agent.report(order, {"what": "ended", "conclusion": "success", "outputs": {}, "at": "2026-11-28T10:00:00+00:00"})
    assert ask("GET", here) == 401, "the token dies with its job"


def test_a_job_does_not_say_how_a_run_went(yard: Yard, agent: Agent) -> None:
    yard.workflow(CI.format(permissions="permissions: {statuses: write}\n"))
    order = agent.take()
    ask, here = asked(agent, order.job_token), f"/api/v3/repos/ada/shop/statuses/{order.sha}"
    assert ask("POST", here, {"state": "success", "context": "build/ci"}) == 422
    assert ask("POST", here, {"state": "marvellous", "context": "mine"}) == 422
    assert ask("POST", here, {"state": "failure", "context": "mine", "description": "no"}) == 201


def test_archives_lead_to_an_address_that_is_good_for_a_while(yard: Yard, agent: Agent) -> None:
    yard.workflow(CI.format(permissions=""))
    order = agent.take()
    token = {"Authorization": f"token {order.job_token}"}
    for kind, begins in (("tarball", b"\x1f\x8b"), ("zipball", b"PK")):
        answer = Visitor(agent.url).get(f"/api/v3/repos/ada/shop/{kind}/main", **token)
        assert answer.status == 302
        address = answer.headers["location"].partition("/api/")[2]
        assert Visitor(agent.url).get(f"/api/{address}").body.startswith(begins)
        assert Visitor(agent.url).get(f"/api/{address}0").status == 403


def test_signing_in_is_needed(site: str) -> None:
    for headers in ({}, {"Authorization": "token x"}, {"Authorization": f"Basic {b64encode(b'a:b').decode()}"}):
        answer = Visitor(site).get("/api/v3/repos/ada/shop", **headers)
        assert (answer.status, answer.json["status"]) == (401, "401")
