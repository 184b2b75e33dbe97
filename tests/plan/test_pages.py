"""The pages, as a browser without scripts meets them."""

from urllib.parse import quote

from tests.plan.visitor import Visitor


def test_a_project_is_made_and_shown(ada: Visitor) -> None:
    made = ada.post("/new", name="kiosk", title="가게", description="작은 가게")
    assert (made.status, made.headers["location"]) == (303, "/ada/kiosk")
    shown = ada.get("/ada/kiosk")
    assert shown.status == 200
    assert "가게" in shown.text
    assert "/ada/kiosk" in ada.get("/").text


def test_an_issue_is_opened_read_answered_and_closed(ada: Visitor) -> None:
    opened = ada.post("/ada/shop/issues", title="Prices are wrong", body="See #1 and **look**, @bob")
    assert opened.headers["location"] == "/ada/shop/issues/1"
    page = ada.get("/ada/shop/issues/1").text
    assert "Prices are wrong" in page
    assert "<strong>look</strong>" in page
    assert 'href="/search?q=assignee:bob"' in page
    assert ada.post("/ada/shop/issues/1/comments", body="Fixed it", act="close", reason="done").status == 303
    closed = ada.get("/ada/shop/issues/1").text
    assert "Fixed it" in closed
    assert "closed #1" in closed
    assert "Prices are wrong" not in ada.get("/ada/shop/issues").text
    assert "Prices are wrong" in ada.get("/ada/shop/issues?q=is:closed").text
    assert ada.post("/ada/shop/issues/1/comments", act="reopen").status == 303
    assert "Prices are wrong" in ada.get("/ada/shop/issues").text


def test_an_issue_is_sorted(ada: Visitor) -> None:
    assert ada.post("/ada/shop/labels", name="Bug", colour="red").status == 303
    assert ada.post("/ada/shop/milestones", title="1.0", due_on="2026-12-24").status == 303
    ada.post("/ada/shop/issues", title="Sort me")
    assert (
        ada.post("/ada/shop/issues/1/sorting", labels=["Bug"], assignees=["ada", "bob"], milestone="1.0").status == 303
    )
    page = ada.get("/ada/shop/issues/1").text
    assert "added the labels “Bug” to #1" in page
    assert "assigned #1 to ada, bob" in page
    assert "put #1 under “1.0”" in page
    for query in ("label:bug", "assignee:bob", 'milestone:"1.0"'):
        assert "Sort me" in ada.get(f"/ada/shop/issues?q={quote(query)}").text
    assert "1 open issue" in ada.get("/ada/shop/labels").text
    assert "2026-12-24" in ada.get("/ada/shop/milestones").text


def test_every_page_stands_in_both_languages(ada: Visitor) -> None:
    ada.post("/ada/shop/issues", title="One")
    pages = ["/", "/new", "/ada/shop", "/ada/shop/issues", "/ada/shop/issues/new", "/ada/shop/issues/1"]
    pages += ["/ada/shop/labels", "/ada/shop/milestones", "/ada/shop/members", "/ada/shop/settings", "/search"]
    pages += ["/search?q=one", "/ada/shop/issues/1/thread", "/ada/shop/happened"]
    for path in pages:
        for language in ("en", "ko"):
            shown = ada.get(path, Accept_Language=language)
            assert shown.status == 200, path


def test_a_filter_that_cannot_be_meant_is_told_beside_the_box(ada: Visitor) -> None:
    ada.post("/ada/shop/issues", title="One")
    for path in ("/ada/shop/issues?q=lable:bug", "/search?q=lable:bug"):
        shown = ada.get(path)
        assert shown.status == 200
        assert "Did you mean “label:”?" in shown.text


def test_words_that_cannot_be_used_are_told_by_field(ada: Visitor) -> None:
    empty = ada.post("/ada/shop/issues", title="  ")
    assert empty.status == 422
    assert "Please fill this in." in empty.text
    long = ada.ask(
        "POST",
        "/ada/shop/issues",
        f"title={'x' * 300}".encode(),
        Content_Type="application/x-www-form-urlencoded",
        HX_Request="true",
    )
    assert "dure:invalid" in long.headers["hx-trigger"]


def test_hostile_words_do_no_harm(ada: Visitor) -> None:
    title = "<script>alert(1)</script>\u202etxt.exe\x00{{7*7}}"
    body = "<img src=x onerror=alert(1)> [x](javascript:alert(1)) \u202e\x00"
    where = ada.post("/ada/shop/issues", title=title, body=body).headers["location"]
    for path in (where, "/ada/shop/issues", "/ada/shop", "/", "/search?q=alert"):
        text = ada.get(path).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert 'href="javascript:' not in text
        assert "\u202etxt" not in text
        assert "\x00" not in text


def test_a_comment_is_edited_and_deleted(ada: Visitor, bob: Visitor) -> None:
    ada.post("/ada/shop/issues", title="One")
    bob.post("/ada/shop/issues/1/comments", body="frist")
    comment = bob.api("GET", "/projects/ada/shop/issues/1/comments").json["comments"][0]["id"]
    assert bob.post(f"/ada/shop/issues/1/comments/{comment}", body="first").status == 303
    assert "first" in ada.get("/ada/shop/issues/1").text
    assert ada.post(f"/ada/shop/issues/1/comments/{comment}/delete").status == 303
    page = ada.get("/ada/shop/issues/1").text
    assert "first" not in page
    assert "wrote something here that is deleted" in page


def test_members_come_and_go(ada: Visitor, carl: Visitor) -> None:
    assert carl.get("/ada/shop").status == 404
    assert ada.post("/ada/shop/members", handle="carl", role="guest").status == 303
    assert carl.get("/ada/shop").status == 200
    assert carl.post("/ada/shop/issues", title="Not for guests").status == 403
    assert ada.post("/ada/shop/members/remove", handle="carl").status == 303
    assert carl.get("/ada/shop").status == 404
    assert ada.post("/ada/shop/settings", title="Shop", everyone="true").status == 303
    assert carl.get("/ada/shop").status == 200
