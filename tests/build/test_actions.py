"""Actions for jobs: from projects of the house, from mirrors, from upstream; the same for a whole run."""

import io
import tarfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import msgspec
import pytest

from dure import plan
from dure.app import put_together
from dure.build.actions import ActionRules, look_for, uses_words
from dure.build.planning import callable_repository
from dure.code import create_repository
from dure.kit import Invalid
from dure.ledger import HOUSE, Work
from dure.people import NewMember, Role, caller_for, grant, grant_everyone, make_account
from dure.settings import Settings
from dure.wire.runner import RUNNER_API, JobOrder
from tests.build.agent import Agent
from tests.build.test_repeat import wait_until
from tests.build.wired import Yard
from tests.parts.githttp import git_over_http
from tests.parts.served import served
from tests.plan.visitor import Answer, Visitor

CI = "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ok\n"
ACTION = "name: Greet\nruns: {using: composite, steps: [{run: echo hi, shell: sh}]}\n"


def ask(agent: Agent, order: JobOrder, uses: str) -> Answer:
    path = f"{RUNNER_API}/jobs/{order.job_id}/actions?attempt={order.attempt}&uses={quote(uses, safe='')}"
    return agent.get(path)


def files(agent: Agent, order: JobOrder, digest: str) -> dict[str, bytes]:
    answer = agent.get(f"{RUNNER_API}/jobs/{order.job_id}/actions/{digest}?attempt={order.attempt}")
    assert answer.status == 200
    with tarfile.open(fileobj=io.BytesIO(answer.body), mode="r:gz") as archive:
        found = {member.name: archive.extractfile(member) for member in archive if member.isfile()}
        return {name: file.read() for name, file in found.items() if file is not None}


def sentence(answer: Answer) -> str:
    assert answer.status == 422, answer.text
    return str(answer.json["error"]["message"])


def archive(*members: tuple[str, bytes | str]) -> bytes:
    """A .tar.gz; a text instead of bytes is what a link points to."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as packed:
        for name, content in members:
            member = tarfile.TarInfo(name)
            if isinstance(content, str):
                member.type, member.linkname = tarfile.SYMTYPE, content
                packed.addfile(member)
            else:
                member.size = len(content)
                packed.addfile(member, io.BytesIO(content))
    return out.getvalue()


def keep(ada: Visitor, uses: str, body: bytes) -> Answer:
    name, _, ref = uses.partition("@")
    return ada.ask("PUT", f"/api/v1/actions/{name}?ref={quote(ref)}", body, Content_Type="application/gzip")


def test_a_project_of_the_same_owner_pinned_once_for_the_run(yard: Yard, agent: Agent) -> None:
    first = yard.push({"action.yml": ACTION, ".github/workflows/ci.yml": CI})
    order = agent.take()

    pin = ask(agent, order, "Ada/Shop@main").json
    assert (pin["uses"], pin["sha"], pin["source"]) == ("ada/shop@main", first, "house")
    assert files(agent, order, pin["digest"])["action.yml"] == ACTION.encode()

    second = yard.push({"action.yml": ACTION + "# newer\n"})
    assert ask(agent, order, "ada/shop@main").json == pin
    later = agent.take()
    assert ask(agent, later, "ada/shop@main").json["sha"] == second
    assert "nothing called v9" in sentence(ask(agent, later, "ada/shop@v9"))


def test_a_tree_that_the_run_has_not_pinned_is_not_given(yard: Yard, agent: Agent) -> None:
    yard.push({"action.yml": ACTION, ".github/workflows/ci.yml": CI})
    order = agent.take()
    digest = ask(agent, order, "ada/shop@main").json["digest"]
    yard.push({"other": "x"})
    later = agent.take()
    answer = agent.get(f"{RUNNER_API}/jobs/{later.job_id}/actions/{digest}?attempt={later.attempt}")
    assert answer.status == 404


def test_projects_of_others_only_where_the_setting_says_so(yard: Yard) -> None:
    def make(work: Work) -> None:
        bo = caller_for(make_account(work, handle="bo", name="Bo"))
        for owner in ("bo", "actions"):
            project = plan.make_project(replace(work, actor=bo if owner == "bo" else HOUSE), owner=owner, name="tool")
            create_repository(work, project)

    yard.house.write_now(HOUSE, make)

    def found(uses: str, **rules: object) -> str:
        given = ActionRules(**rules)  # type: ignore[arg-type]
        return yard.house.read_now(HOUSE, lambda work: look_for(work, yard.project, uses_words(uses), given)).source

    assert found("actions/tool@v1") == "house"
    with pytest.raises(Invalid, match="private to its owner"):
        found("bo/tool@v1")
    with pytest.raises(Invalid, match="private to its owner"):
        found("actions/tool@v1", owners=("tools",))
    # A person's own name in the setting opens nothing: handles are for everybody to take.
    with pytest.raises(Invalid, match="private to its owner"):
        found("bo/tool@v1", owners=("bo",))
    with pytest.raises(Invalid, match="only by the whole sha"):
        found("actions/tool@v1", only_pinned=True)
    assert found(f"actions/tool@{'a' * 40}", only_pinned=True) == "house"
    assert found("ada/shop@main", only_pinned=True) == "house"


def test_what_jobs_see_those_see_who_may_push(yard: Yard) -> None:
    """Whoever works in one project of an owner must not read another by naming it in a workflow."""

    def make(work: Work) -> None:
        create_repository(work, plan.make_project(work, owner="ada", name="diary"))

    def found() -> tuple[str, bool]:
        def look(work: Work) -> tuple[str, bool]:
            called = callable_repository(work, yard.project, "ada/diary") is not None
            try:
                return look_for(work, yard.project, uses_words("ada/diary@main"), ActionRules()).source, called
            except Invalid:
                return "", called

        return yard.house.read_now(HOUSE, look)

    yard.write(make)
    assert found() == ("house", True)
    bo = yard.house.write_now(HOUSE, lambda work: make_account(work, handle="bo", name="Bo"))
    yard.write(lambda work: grant(work, yard.project.scope, bo.id, Role.DEVELOPER))
    assert found() == ("", False)
    diary = yard.read(lambda work: plan.find_project(work, "ada/diary"))
    yard.write(lambda work: grant(work, diary.scope, bo.id, Role.GUEST))
    assert found() == ("house", True)
    yard.write(lambda work: grant_everyone(work, yard.project.scope, Role.DEVELOPER))
    assert found() == ("", False)
    yard.write(lambda work: grant_everyone(work, diary.scope, Role.GUEST))
    assert found() == ("house", True)


def test_a_mirror_is_kept_used_listed_and_dropped(yard: Yard, agent: Agent, ada: Visitor) -> None:
    yard.workflow(CI)
    order = agent.take()
    assert order.mirrored == []
    assert "neither a project of this house nor kept here" in sentence(ask(agent, order, "actions/checkout@v4"))

    kept = keep(ada, "actions/checkout@v4", archive(("action.yml", ACTION.encode())))
    assert kept.status == 200, kept.text
    pin = ask(agent, order, "actions/checkout@v4").json
    assert (pin["source"], pin["digest"]) == ("kept", kept.json["digest"])
    assert files(agent, order, pin["digest"]) == {"action.yml": ACTION.encode()}

    [listed] = ada.api("GET", "/actions").json["actions"]
    assert (listed["name"], listed["ref"], listed["kept_by"]) == ("actions/checkout", "v4", "ada")
    assert ada.ask("DELETE", "/api/v1/actions/actions/checkout?ref=v4").status == 204
    assert ada.ask("DELETE", "/api/v1/actions/actions/checkout?ref=v4").status == 404
    assert ask(agent, order, "actions/checkout@v4").json == pin


def test_the_order_says_which_stand_ins_are_not_needed(yard: Yard, agent: Agent, ada: Visitor) -> None:
    keep(ada, "actions/cache@v4", archive(("action.yml", b"x")))
    keep(ada, "someone/else@v1", archive(("action.yml", b"x")))
    yard.workflow(CI)
    assert agent.take().mirrored == ["actions/cache"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no archive",
        archive(("../../etc/cron.d/x", b"x")),
        archive(("/etc/passwd", b"x")),
        archive(("a/../../x", b"x")),
        archive(("link", "/etc/passwd")),
        archive(("deep/link", "../../x")),
    ],
    ids=["nothing", "no archive", "upwards", "absolute", "up again", "link away", "link upwards"],
)
def test_an_archive_that_leads_out_is_not_kept(ada: Visitor, body: bytes) -> None:
    answer = keep(ada, "actions/checkout@v4", body)
    assert answer.status == 409, answer.text
    assert ada.api("GET", "/actions").json["actions"] == []


def test_a_link_inside_is_kept(ada: Visitor) -> None:
    body = archive(("dist/main.js", b"x"), ("dist/link", "../dist/main.js"), ("top", "dist"))
    assert keep(ada, "actions/checkout@v4", body).status == 200


def test_only_admins_keep_actions(yard: Yard, site: str) -> None:
    bo = yard.house.write_now(HOUSE, lambda work: caller_for(make_account(work, handle="bo", name="Bo")))
    words = NewMember(handle="bo", role="owner")
    yard.write(lambda work: plan.add_member(work, yard.project, words))
    with Visitor.signed_in(site, yard.house, bo) as visitor:
        assert keep(visitor, "actions/checkout@v4", archive(("a", b"x"))).status == 403
        assert visitor.api("GET", "/actions").status == 403
        assert visitor.api("POST", "/actions", {"uses": "a/b@v1"}).status == 403


@pytest.fixture
def upstream(yard: Yard, tmp_path: Path) -> Iterator[str]:
    """Our own test project as somebody else's house of git."""
    yard.push({"action.yml": ACTION})
    yard.git("tag", "v1")
    yard.git("push", "-q", "origin", "v1")
    bare = yard.repositories.path(yard.repository_id())
    (tmp_path / "elsewhere" / "acme").mkdir(parents=True)
    (tmp_path / "elsewhere" / "acme" / "greet").symlink_to(bare)
    with git_over_http(tmp_path / "elsewhere") as url:
        yield url


def test_upstream_and_what_stays_of_it_when_it_is_gone(yard: Yard, agent: Agent, upstream: str, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, telemetry=False, local_runner=False, workshop=tmp_path / "w")
    yard.workflow(CI)
    with served(put_together(replace_upstream(settings, upstream), yard.house).asgi) as url:
        agent.url = url
        order = agent.take()
        found: list[Answer] = []
        asking = [threading.Thread(target=lambda: found.append(ask(agent, order, "acme/greet@v1"))) for _ in range(4)]
        for one in asking:
            one.start()
        for one in asking:
            one.join()
        pin = found[0].json
        assert all(each.json == pin for each in found), [each.text for each in found]
        assert (pin["source"], pin["sha"]) == ("upstream", yard.git("rev-parse", "v1"))
        assert files(agent, order, pin["digest"])["action.yml"] == ACTION.encode()
        assert "does not give it" in sentence(ask(agent, order, "acme/nothing@v1"))
        assert "does not give it" in sentence(ask(agent, order, "acme/greet@v7"))
    with served(put_together(replace_upstream(settings, "http://127.0.0.1:9"), yard.house).asgi) as url:
        agent.url = url
        yard.push({"x": "y"})
        later = agent.take()
        assert ask(agent, later, "acme/greet@v1").json["digest"] == pin["digest"]
        assert "does not answer" in sentence(ask(agent, later, "acme/greet@main"))


@contextmanager
def slow_place() -> Iterator[tuple[str, list[str], threading.Event]]:
    """It takes every request, and answers none before it is let go. With the requests that it has by now."""
    asked: list[str] = []
    go = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            go.wait(60)
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked, go
    finally:
        go.set()
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_slow_upstream_holds_up_nobody_else(yard: Yard, agent: Agent, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, telemetry=False, local_runner=False, workshop=tmp_path / "w")
    yard.push({"action.yml": ACTION, ".github/workflows/ci.yml": CI})
    with slow_place() as (upstream, asked, go):
        program = put_together(replace_upstream(settings, upstream), yard.house)
        with served(program.asgi) as url:
            agent.url = url
            order = agent.take()
            found: list[Answer] = []
            many = [
                threading.Thread(target=lambda uses=f"acme/it{number}@v1": found.append(ask(agent, order, uses)))
                for number in range(40)
            ]
            for one in many:
                one.start()
            wait_until(lambda: len(asked) >= 4)
            began = time.monotonic()
            # It is packed from a repository by a thread of those that everybody shares.
            assert ask(agent, order, "ada/shop@main").json["source"] == "house"
            assert time.monotonic() - began < 5
            assert (len(asked), found) == (4, [])
            go.set()
            for one in many:
                one.join(60)
            assert {answer.status for answer in found} == {422}
            assert len(found) == 40


def replace_upstream(settings: Settings, url: str) -> Settings:
    return msgspec.structs.replace(settings, actions_upstream=url)


@pytest.mark.parametrize("uses", ["", "a", "a/b", "a/../b@v1", "../b@v1", "a/b@", "a/b@-x", "a/b@v 1", "a/b/c@v1"])
def test_words_that_are_no_action(yard: Yard, agent: Agent, uses: str) -> None:
    yard.workflow(CI)
    assert "is not written as owner/repo@ref" in sentence(ask(agent, agent.take(), uses))
