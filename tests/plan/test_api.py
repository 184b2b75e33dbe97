"""The API of plan: the same acts as on the pages, said in JSON."""

import msgspec
import pytest

from dure import people, plan
from dure.ledger import Work
from dure.plan import COLOURS, REASONS
from dure.wire import CloseReason, Colour
from tests.plan.conftest import Village
from tests.plan.visitor import Visitor

SHOP = "/projects/ada/shop"


def test_both_sides_of_the_wire_know_the_same_words() -> None:
    assert CloseReason.__args__ == tuple(REASONS)  # type: ignore[attr-defined]
    assert Colour.__args__ == COLOURS  # type: ignore[attr-defined]


def test_an_issue_goes_round(ada: Visitor) -> None:
    ada.api("POST", f"{SHOP}/labels", {"name": "Bug", "colour": "red"})
    made = ada.api("POST", f"{SHOP}/issues", {"title": "서버가 죽어요", "body": "왜?", "labels": ["bug"]})
    assert made.status == 201
    issue = made.json
    assert (issue["number"], issue["state"], issue["labels"], issue["author"]) == (1, "open", ["Bug"], "ada")
    changed = ada.api("PATCH", f"{SHOP}/issues/1", {"title": "서버", "assignees": ["bob"], "labels": []}).json
    assert (changed["title"], changed["assignees"], changed["labels"]) == ("서버", ["bob"], [])
    assert ada.api("POST", f"{SHOP}/issues/1/comments", {"body": "고쳤어요"}).status == 201
    closed = ada.api("POST", f"{SHOP}/issues/1/closures", {"reason": "not planned", "comment": "안 해요"}).json
    assert (closed["state"], closed["reason"], closed["closed_by"], closed["comments"]) == (
        "closed",
        "not planned",
        "ada",
        2,
    )
    assert [found["number"] for found in ada.api("GET", f"{SHOP}/issues?q=is:closed").json["issues"]] == [1]
    assert ada.api("DELETE", f"{SHOP}/issues/1/closures").json["state"] == "open"
    told = ada.api("GET", f"{SHOP}/issues/1/thread").json["entries"]
    assert [entry["comment"] for entry in told if entry["kind"] == "plan.commented"] == ["고쳤어요", "안 해요"]
    assert [entry["kind"] for entry in told][-2:] == ["plan.issue_closed", "plan.issue_reopened"]
    korean = ada.ask("GET", f"/api/v1{SHOP}/issues/1/thread", Accept_Language="ko").json["entries"]
    assert korean[0]["sentence"] != told[0]["sentence"]


def test_lists_go_on_where_the_cursor_says(ada: Visitor, village: Village) -> None:
    for n in range(7):
        village.open(f"Issue {n}")
    seen: list[int] = []
    cursor = ""
    while True:
        page = ada.api("GET", f"{SHOP}/issues?q=issue&limit=3&cursor={cursor}").json
        seen += [issue["number"] for issue in page["issues"]]
        if page["next"] is None:
            break
        cursor = page["next"]
    assert seen == [7, 6, 5, 4, 3, 2, 1]
    assert page["previous"] is not None
    assert ada.api("GET", f"{SHOP}/issues?q=issue&limit=3").json["count"] == 7


def test_the_thread_goes_on_after_an_entry(ada: Visitor, village: Village) -> None:
    village.open("One")
    for n in range(4):
        ada.api("POST", f"{SHOP}/issues/1/comments", {"body": f"{n}"})
    first = ada.api("GET", f"{SHOP}/issues/1/thread?limit=2").json
    rest = ada.api("GET", f"{SHOP}/issues/1/thread?after={first['next']}").json
    assert [entry["comment"] for entry in first["entries"] + rest["entries"]] == [None, "0", "1", "2", "3"]
    assert rest["next"] is None


def test_what_one_may_not_read_is_missing_under_every_address(carl: Visitor, village: Village) -> None:
    village.open("Secret")
    addresses = [
        ("GET", ""),
        ("PATCH", ""),
        ("GET", "/issues"),
        ("POST", "/issues"),
        ("GET", "/issues/1"),
        ("PATCH", "/issues/1"),
        ("POST", "/issues/1/closures"),
        ("DELETE", "/issues/1/closures"),
        ("GET", "/issues/1/comments"),
        ("POST", "/issues/1/comments"),
        ("GET", "/issues/1/thread"),
        ("GET", "/labels"),
        ("POST", "/labels"),
        ("GET", "/milestones"),
        ("POST", "/milestones"),
        ("GET", "/members"),
        ("PUT", "/members/carl"),
        ("DELETE", "/members/carl"),
    ]
    words = {
        "/issues": {"title": "x"},
        "/issues/1/comments": {"body": "x"},
        "/labels": {"name": "x"},
        "/milestones": {"title": "x"},
        "/members/carl": {"role": "owner"},
    }
    for method, address in addresses:
        body = None if method in ("GET", "DELETE") else words.get(address, {})
        theirs = carl.api(method, f"{SHOP}{address}", body)
        nobodys = carl.api(method, f"/projects/ada/nothing{address}", body)
        assert theirs.status == 404, (method, address)
        assert theirs.json == nobodys.json, (method, address)
    for page in ("", "/issues", "/issues/1", "/issues/1/thread", "/labels", "/members", "/settings", "/happened"):
        assert carl.get(f"/ada/shop{page}").status == 404, page
    assert carl.api("GET", "/issues?q=secret").json["issues"] == []
    assert carl.api("GET", "/projects").json["projects"] == []


def test_a_token_does_what_its_scope_says(site: str, village: Village) -> None:
    def make(work: Work) -> list[str]:
        return [people.make_token(work, name=scope, scopes=(scope,), days=1).secret for scope in ("read", "write")]

    reading, writing = (
        Visitor(site, {"Authorization": f"Bearer {secret}"}) for secret in village.house.write_now(village.ada, make)
    )
    assert reading.api("POST", f"{SHOP}/issues", {"title": "x"}).status == 403
    assert reading.api("POST", "/projects", {"name": "x"}).status == 403
    assert reading.api("GET", f"{SHOP}/issues").status == 200
    assert writing.api("POST", f"{SHOP}/issues", {"title": "x"}).status == 201
    assert writing.api("POST", "/projects", {"name": "x"}).status == 201
    assert writing.api("PATCH", SHOP, {"title": "x"}).status == 403
    assert writing.api("PUT", f"{SHOP}/members/carl", {"role": "guest"}).status == 403


def test_a_projects_token_stays_in_its_project(site: str, village: Village) -> None:
    village.house.write_now(village.ada, lambda work: plan.make_project(work, owner="ada", name="other"))

    def make(work: Work) -> str:
        token = people.make_project_token(work, village.shop.scope, name="ci", role=people.Role.DEVELOPER)
        return token.secret

    robot = Visitor(site, {"Authorization": f"Bearer {village.house.write_now(village.ada, make)}"})
    assert robot.api("POST", f"{SHOP}/issues", {"title": "x"}).status == 201
    assert robot.api("GET", "/projects/ada/other").status == 404
    assert [found["path"] for found in robot.api("GET", "/projects").json["projects"]] == ["ada/shop"]
    assert robot.api("POST", "/projects", {"name": "mine"}).status == 403


@pytest.mark.parametrize(
    ("words", "status", "fields"),
    [
        ({"title": ""}, 400, ["title"]),
        ({"title": " \u200e\x00 "}, 422, ["title"]),
        ({"title": "x" * 201}, 400, ["title"]),
        ({"title": 5}, 400, ["title"]),
        ({"body": "x"}, 400, ["data"]),
        ({"title": "x", "colour": "red"}, 400, ["data"]),
        ({"title": "x", "labels": ["nope"]}, 422, ["labels"]),
        ({"title": "x", "assignees": ["carl"]}, 422, ["assignees"]),
        ({"title": "x", "assignees": ["\x00"]}, 201, []),
        ({"title": "x", "milestone": "never"}, 422, ["milestone"]),
        ({"title": "x", "labels": ["a"] * 21}, 400, ["labels"]),
    ],
)
def test_words_that_cannot_be_used(ada: Visitor, words: object, status: int, fields: list[str]) -> None:
    answer = ada.api("POST", f"{SHOP}/issues", words)
    assert answer.status == status
    if status == 422:
        assert answer.fields == fields


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"title": "\xff"}', b'{"title": "\\ud800"}', b"\x00"])
def test_broken_json_is_refused_in_words(ada: Visitor, body: bytes) -> None:
    answer = ada.ask("POST", f"/api/v1{SHOP}/issues", body, Content_Type="application/json")
    assert answer.status in (400, 422)
    assert answer.json["error"]["message"]


@pytest.mark.parametrize("number", ["0", "-1", "999", "2147483648", "9" * 40, "1.0", "x", "%00"])
def test_numbers_that_lead_nowhere(ada: Visitor, number: str) -> None:
    for address in (f"/api/v1{SHOP}/issues/{number}", f"/ada/shop/issues/{number}"):
        assert ada.get(address).status in (400, 404)


def test_members_and_labels_and_milestones(ada: Visitor) -> None:
    assert ada.api("PUT", f"{SHOP}/members/carl", {"role": "guest"}).json == {
        "handle": "carl",
        "name": "Carl",
        "role": "guest",
    }
    assert {member["handle"] for member in ada.api("GET", f"{SHOP}/members").json["members"]} == {"ada", "bob", "carl"}
    assert ada.api("DELETE", f"{SHOP}/members/carl").status == 204
    assert ada.api("DELETE", f"{SHOP}/members/ada").status == 409
    label = ada.api("POST", f"{SHOP}/labels", {"name": "Bug"}).json
    assert ada.api("POST", f"{SHOP}/labels", {"name": "BUG"}).status == 409
    assert ada.api("PATCH", f"{SHOP}/labels/{label['id']}", {"name": "Fault"}).json["name"] == "Fault"
    assert ada.api("DELETE", f"{SHOP}/labels/{label['id']}").status == 204
    assert ada.api("PATCH", f"{SHOP}/labels/{label['id']}", {}).status == 404
    milestone = ada.api("POST", f"{SHOP}/milestones", {"title": "1.0", "due_on": "2026-12-24"}).json
    address = f"{SHOP}/milestones/{milestone['id']}"
    assert ada.api("PATCH", address, {"state": "closed"}).json["state"] == "closed"
    assert ada.api("PATCH", address, {"state": "open", "no_day": True}).json["due_on"] is None
    assert ada.api("POST", f"{SHOP}/milestones", {"title": "x", "due_on": "1000-01-01"}).status == 422


def test_the_description_names_every_address(ada: Visitor) -> None:
    described = msgspec.json.decode(ada.get("/api/openapi.json").body)
    paths = [path for path in described["paths"] if path.startswith(("/api/v1/projects", "/api/v1/issues"))]
    assert len(paths) >= 15
    for path in paths:
        for method, operation in described["paths"][path].items():
            assert operation["summary"], (method, path)
            assert {"400", "401", "403", "404"} <= set(operation["responses"]), (method, path)
