"""What stands at commits: what others say of them, and what one has that another has not."""

from typing import Any

from dure.code.request import protect
from tests.build.wired import Yard
from tests.rest.conftest import Job

CHECKS = "{checks: write, contents: read, statuses: read}"


def test_a_check_from_outside_is_set_changed_and_read(job: Job) -> None:
    client = job(CHECKS)
    sha = client.order.sha
    made = client.ask("POST", "/check-runs", {"name": "lint", "head_sha": sha, "status": "in_progress"})
    assert (made.status, made.json["status"], made.json["conclusion"]) == (201, "in_progress", None), made.text
    number = made.json["id"]
    output = {"title": "3 remarks", "summary": "long words", "annotations": []}
    done = client.ask("PATCH", f"/check-runs/{number}", {"conclusion": "failure", "output": output})
    assert (done.status, done.json["status"], done.json["conclusion"]) == (200, "completed", "failure")
    assert done.json["output"] == {"title": "3 remarks", "summary": None}
    assert client.get(f"/check-runs/{number}").json == done.json
    listed = client.get("/commits/main/check-runs?check_name=lint").json
    assert (listed["total_count"], [each["id"] for each in listed["check_runs"]]) == (1, [number])
    assert client.get(f"/commits/{sha}/check-runs?per_page=1").json["total_count"] == 2, "the run's own beside it"
    states = {each["context"]: each["state"] for each in client.get(f"/commits/{sha}/status").json["statuses"]}
    assert states["lint"] == "failure"
    for conclusion, state in (("neutral", "success"), ("timed_out", "failure"), ("cancelled", "error")):
        client.ask("PATCH", f"/check-runs/{number}", {"status": "completed", "conclusion": conclusion})
        states = {each["context"]: each["state"] for each in client.get(f"/commits/{sha}/status").json["statuses"]}
        assert states["lint"] == state, conclusion


def test_checks_that_cannot_be_set(job: Job) -> None:
    client = job(CHECKS)
    sha = client.order.sha
    ours = client.get(f"/commits/{sha}/check-runs").json["check_runs"][0]
    assert ours["name"].startswith("build/")
    for method, path, body, status in (
        ("POST", "/check-runs", {"name": "build/ci", "head_sha": sha}, 422),
        ("PATCH", f"/check-runs/{ours['id']}", {"conclusion": "success"}, 422),
        ("POST", "/check-runs", {"name": "x", "head_sha": sha, "status": "completed"}, 422),
        ("POST", "/check-runs", {"name": "x", "head_sha": sha, "conclusion": "marvellous"}, 422),
        ("POST", "/check-runs", {"name": "x", "head_sha": "0" * 40}, 404),
        ("POST", "/check-runs", {"name": "x"}, 422),
        ("POST", "/check-runs", {"name": " ", "head_sha": sha}, 422),
        ("PATCH", "/check-runs/999999", {"conclusion": "success"}, 404),
        ("GET", "/check-runs/999999", None, 404),
    ):
        assert client.ask(method, path, body).status == status, (path, body)
    assert job("{checks: read}").ask("POST", "/check-runs", {"name": "x", "head_sha": sha}).status == 403


def test_comparing(job: Job, yard: Yard) -> None:
    client = job("{contents: read}", **{"a.txt": "one\n"})
    base = yard.git("rev-parse", "main")
    yard.git("switch", "-q", "-C", "feature/x", "main")
    shas = [yard.push({f"{number}.txt": "x\n"}, f"Change {number}", "feature/x") for number in range(5)]

    def compare(question: str) -> Any:
        answer = client.get(f"/compare/{question}")
        assert answer.status == 200, answer.text
        return answer.json

    found = compare("main...feature/x")
    assert (found["status"], found["ahead_by"], found["behind_by"], found["total_commits"]) == ("ahead", 5, 0, 5)
    assert [each["sha"] for each in found["commits"]] == shas, "the oldest first"
    assert [each["filename"] for each in found["files"]] == [f"{n}.txt" for n in range(5)]
    pages = [compare(f"main...ada:feature/x?per_page=2&page={page}") for page in (1, 2, 3, 4)]
    assert [[each["sha"] for each in page["commits"]] for page in pages] == [shas[:2], shas[2:4], shas[4:], []]
    assert [bool(page["files"]) for page in pages] == [True, False, False, False]
    assert compare("feature/x...main")["status"] == "behind"
    assert compare(f"{base}...main")["status"] == "identical"
    yard.git("switch", "-q", "main")
    yard.push({"b.txt": "b\n"})
    apart = compare("main...feature/x")
    assert (apart["status"], apart["ahead_by"], apart["behind_by"]) == ("diverged", 5, 1)
    assert apart["merge_base_commit"]["sha"] == base


def test_what_cannot_be_compared(job: Job) -> None:
    client = job("{contents: read}")
    for question in ("main", "main...nothing", "...main", "main...", "main..main", "a...b...c"):
        assert client.get(f"/compare/{question}").status == 404, question


def test_a_branch_says_whether_it_is_protected(job: Job, yard: Yard) -> None:
    client = job("{contents: read}")
    yard.git("push", "-q", "origin", "HEAD:refs/heads/release/1")
    yard.received()
    yard.write(lambda work: protect(work, yard.project, "release/*"))
    assert {each["name"]: each["protected"] for each in client.get("/branches").json} == {
        "main": False,
        "release/1": True,
    }
    assert client.get("/branches/release/1").json["protected"]
    assert not client.get("/branches/main").json["protected"]
