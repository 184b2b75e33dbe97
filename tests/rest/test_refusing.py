"""Whatever is wrong below /api/v3 is said in GitHub's shape, whoever notices it."""

import re

from litestar import Litestar
from litestar.routes import HTTPRoute

from dure.app import HANDLERS
from tests.plan.visitor import Answer, Visitor
from tests.rest.conftest import HERE, Job

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
HOLE = re.compile(r"\{(\w+):(\w+)\}")


def addresses() -> dict[str, set[str]]:
    """Each address of this room, with the methods that it does not take."""
    app = Litestar(route_handlers=HANDLERS, openapi_config=None)
    found = [route for route in app.routes if isinstance(route, HTTPRoute) and route.path.startswith("/api/v3")]
    return {route.path: METHODS - {str(method) for method in route.methods} for route in found}


ADDRESSES = addresses()


def refused(answer: Answer, status: int) -> None:
    assert answer.status == status, answer.text
    assert answer.headers["content-type"].startswith("application/json")
    told = answer.json
    assert set(told) - {"errors"} == {"message", "documentation_url", "status"}
    assert told["status"] == str(status)
    assert isinstance(told["message"], str)


def test_what_is_not_there(job: Job) -> None:
    client = job("write-all")
    for path in ("/nonsense", "/nonsense/deep/down", "/issues/many", "/actions/nothing", "/pulls/x/files"):
        for method in sorted(METHODS):
            refused(client.ask(method, path, None if method == "GET" else {}), 404)
    for path in ("/nonsense", "/repos", "/repos/ada", "/repos/ada/nothing", "/orgs/x/y", "/issues", "/runs"):
        answer = client.get(f"/api/v3{path}")
        refused(answer, 404)
        assert answer.json["message"] == "Not Found"
    refused(client.ask("POST", "/api/graphql", {"query": "{viewer{login}}"}), 404)
    refused(client.get("/issues/0"), 422)


def test_methods_that_an_address_does_not_take(site: str) -> None:
    stranger = Visitor(site)
    assert len(ADDRESSES) > 30
    for path, methods in ADDRESSES.items():
        filled = HOLE.sub(lambda hole: "1" if hole[2] == "int" else "x", path)
        for method in sorted(methods):
            refused(stranger.ask(method, filled, None if method == "GET" else b"{}"), 404)


def test_values_that_cannot_be_used(job: Job) -> None:
    client = job("write-all")
    for body, field in (({}, "title"), ({"title": 1}, "title"), ({"title": ""}, "title"), ([], "body")):
        answer = client.ask("POST", "/issues", body)
        refused(answer, 422)
        assert answer.json["message"] == "Validation Failed"
        assert [each["field"] for each in answer.json["errors"]] == [field]
    answer = client.ask("POST", "/issues", b'{"title": ')
    refused(answer, 400)
    assert answer.json["message"] == "Problems parsing JSON"
    answer = client.get("/issues?per_page=many")
    refused(answer, 422)
    assert [each["field"] for each in answer.json["errors"]] == ["per_page"]


def test_strangers_and_what_a_token_is_not_good_for(job: Job, site: str) -> None:
    client = job("{}")
    refused(client.get("/issues"), 403)
    assert client.get("/issues").json["message"] == "Resource not accessible by integration"
    refused(Visitor(site).get(f"{HERE}/issues"), 401)
    refused(Visitor(site).get(f"{HERE}/issues", Authorization="token nonsense"), 401)
