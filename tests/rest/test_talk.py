"""A job whose run is about a merge request speaks to it by the number of an issue, as on GitHub."""

import pytest

from dure.code import open_request
from dure.plan import make_label, open_issue
from tests.build.agent import Agent
from tests.build.wired import Yard
from tests.rest.conftest import Client, Job

CI = """
on: pull_request
permissions: {permissions}
jobs: {{test: {{runs-on: ubuntu-latest, steps: [{{run: echo}}]}}}}
"""


def about(yard: Yard, agent: Agent, permissions: str) -> Client:
    """A job of the run that merge request 1 began. There is an issue 1 as well."""
    yard.push({".github/workflows/ci.yml": CI.format(permissions=permissions)})
    yard.write(lambda work: open_issue(work, yard.project, title="An issue"))
    yard.write(lambda work: make_label(work, yard.project, name="bug"))
    yard.git("switch", "-q", "-C", "topic", "main")
    yard.push({"x": "x"}, "A change", "topic")
    yard.write(lambda work: open_request(work, yard.project, source="topic", title="The change"))
    yard.carry_on()
    order = agent.take()
    return Client(agent.url, order.job_token, order)


def test_labels_are_named_in_a_list_by_itself_too(yard: Yard, job: Job) -> None:
    client = job("{issues: write}")
    yard.write(lambda work: [make_label(work, yard.project, name=name) for name in ("bug", "idea")])
    yard.write(lambda work: open_issue(work, yard.project, title="An issue"))

    def labelled(method: str, body: object) -> list[str]:
        answer = client.ask(method, "/issues/1/labels", body)
        assert answer.status == 200, answer.text
        return sorted(each["name"] for each in answer.json)

    assert labelled("POST", ["bug"]) == ["bug"]
    assert labelled("POST", [{"name": "idea"}]) == ["bug", "idea"]
    assert labelled("PUT", ["idea"]) == ["idea"]
    assert labelled("POST", {"labels": ["bug"]}) == ["bug", "idea"]
    assert client.ask("POST", "/issues/1/labels", "bug").status == 422
    assert client.ask("POST", "/issues/1/labels", [1]).status == 422


@pytest.mark.parametrize("permissions", ["{pull-requests: write}", "{issues: write, pull-requests: read}"])
def test_its_own_merge_request_is_commented_and_labelled(yard: Yard, agent: Agent, permissions: str) -> None:
    client = about(yard, agent, permissions)
    made = client.ask("POST", "/issues/1/comments", {"body": "From the job."})
    assert made.status == 201, made.text
    assert made.json["html_url"].endswith(f"/ada/shop/requests/1#comment-{made.json['id']}")
    assert [each["body"] for each in client.get("/issues/1/comments").json] == ["From the job."]
    assert client.get("/issues/1/comments?page=2").json == []
    assert [each["name"] for each in client.ask("POST", "/issues/1/labels", {"labels": ["bug"]}).json] == ["bug"]
    found = client.get("/issues/1").json
    assert (found["title"], [each["name"] for each in found["labels"]]) == ("The change", ["bug"])
    assert found["pull_request"]["url"].endswith("/api/v3/repos/ada/shop/pulls/1")
    assert [each["name"] for each in client.get("/pulls/1").json["labels"]] == ["bug"]
    assert client.ask("DELETE", "/issues/1/labels/bug").json == []
    closed = client.ask("PATCH", "/issues/1", {"state": "closed", "title": "Another"})
    assert (closed.json["state"], closed.json["title"]) == ("closed", "Another")
    assert client.get("/pulls/1").json["state"] == "closed"


def test_another_number_is_an_issue_and_needs_its_permission(yard: Yard, agent: Agent) -> None:
    client = about(yard, agent, "{pull-requests: write}")
    yard.write(lambda work: open_issue(work, yard.project, title="Another"))
    for method, path, body in (
        ("GET", "/issues/2", None),
        ("GET", "/issues/2/comments", None),
        ("POST", "/issues/2/comments", {"body": "x"}),
        ("POST", "/issues/2/labels", {"labels": ["bug"]}),
        ("PATCH", "/issues/2", {"title": "x"}),
        ("POST", "/issues", {"title": "x"}),
    ):
        answer = client.ask(method, path, body)
        assert (answer.status, answer.json["message"]) == (403, "Resource not accessible by integration"), path


def test_whoever_reads_only_speaks_to_neither(yard: Yard, agent: Agent) -> None:
    client = about(yard, agent, "{pull-requests: read, issues: read}")
    assert client.get("/issues/1").json["title"] == "The change"
    assert client.ask("POST", "/issues/1/comments", {"body": "x"}).status == 403


def test_what_a_job_opened_itself_is_meant_and_no_strangers_issue(yard: Yard, job: Job) -> None:
    client = job("{issues: write, pull-requests: write}")
    yard.write(lambda work: open_issue(work, yard.project, title="A stranger's"))
    yard.write(lambda work: make_label(work, yard.project, name="bug"))
    yard.git("switch", "-q", "-C", "topic", "main")
    yard.push({"x": "x"}, "A change", "topic")
    made = client.ask("POST", "/pulls", {"title": "The change", "head": "topic", "base": "main"})
    assert made.json["number"] == 1, made.text
    assert [each["name"] for each in client.ask("POST", "/issues/1/labels", {"labels": ["bug"]}).json] == ["bug"]
    assert "requests/1#" in client.ask("POST", "/issues/1/comments", {"body": "Mine."}).json["html_url"]
    assert [each["name"] for each in client.get("/pulls/1").json["labels"]] == ["bug"]
    yard.git("switch", "-q", "main")
    another = job("{issues: write}")
    found = another.get("/issues/1").json
    assert (found["title"], found["labels"], found["comments"]) == ("A stranger's", [], 0)


def test_other_jobs_mean_the_issue(yard: Yard, job: Job) -> None:
    client = job("{issues: write, pull-requests: write}")
    yard.write(lambda work: open_issue(work, yard.project, title="An issue"))
    yard.git("switch", "-q", "-C", "topic", "main")
    yard.push({"x": "x"}, "A change", "topic")
    yard.write(lambda work: open_request(work, yard.project, source="topic", title="The change"))
    assert client.get("/issues/1").json["title"] == "An issue"
    assert "issues/1#" in client.ask("POST", "/issues/1/comments", {"body": "x"}).json["html_url"]
