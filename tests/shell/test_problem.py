"""Every way to say no: a page, a toast or JSON, always a sentence, never a stack trace."""

import logging

import httpx
import pytest

from dure.kit import say

KINDS = {
    "refused": (409, "refused"),
    "invalid": (422, "invalid"),
    "forbidden": (403, "forbidden"),
    "too_many": (429, "too_many"),
    "missing": (404, "missing"),
    "storage_full": (507, "storage_full"),
    "broken": (500, "broken"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_says_why(kind: str, http: httpx.Client) -> None:
    answer = http.get(f"/refuse/{kind}")
    assert answer.status_code == KINDS[kind][0]
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert f'<p class="status">{answer.status_code}</p>' in answer.text
    assert "Traceback" not in answer.text
    assert "hunter2" not in answer.text


@pytest.mark.parametrize("kind", [*KINDS, "unauthenticated"])
def test_a_program_is_told_in_json(kind: str, http: httpx.Client) -> None:
    status, code = {**KINDS, "unauthenticated": (401, "unauthenticated")}[kind]
    answer = http.get(f"/api/v1/refuse/{kind}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    told = answer.json()["error"]
    assert told["code"] == code
    assert told["message"].endswith(".")
    assert "hunter2" not in answer.text


def test_the_sentence_is_in_the_language_of_whoever_asked(http: httpx.Client) -> None:
    text = say("Please sign in first.").into("ko")
    answer = http.get("/api/v1/refuse/unauthenticated", headers={"Accept-Language": "ko"})
    assert answer.json()["error"]["message"] == text


def test_fields_are_named(http: httpx.Client) -> None:
    told = http.get("/api/v1/refuse/invalid").json()["error"]
    assert told["fields"] == {"title": "Please fill this in.", "amount": "A number is needed here."}


def test_who_asked_too_often_learns_when_to_come_back(http: httpx.Client) -> None:
    assert http.get("/refuse/too_many").headers["retry-after"] == "13"
    assert http.get("/api/v1/refuse/too_many").headers["retry-after"] == "13"


def test_an_unforeseen_fault_leaves_a_reference_here_and_its_story_in_the_log(
    http: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        reference = http.get("/api/v1/refuse/broken").json()["error"]["reference"]
    record = next(record for record in caplog.records if reference in record.getMessage())
    assert record.exc_info is not None
    assert "hunter2" in str(record.exc_info[1])


def test_who_is_not_known_is_asked_to_sign_in_and_comes_back(http: httpx.Client) -> None:
    answer = http.get("/refuse/unauthenticated?page=2")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/refuse/unauthenticated%3Fpage%3D2")
    posted = http.post("/refuse/unauthenticated")
    assert posted.status_code == 401
    assert "/sign-in?next=/" in posted.text


def test_htmx_gets_a_toast_and_keeps_the_page(http: httpx.Client) -> None:
    answer = http.post("/refuse/refused", headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert (answer.headers["hx-retarget"], answer.headers["hx-reswap"]) == ("#toasts", "beforeend")
    assert "<html" not in answer.text
    assert "The issue is closed already." in answer.text


def test_htmx_gets_the_fields_beside_it(http: httpx.Client) -> None:
    headers = {"HX-Request": "true", "Accept-Language": "ko"}
    answer = http.post("/refuse/invalid", headers=headers)
    assert answer.headers["hx-reswap"] == "none"
    assert answer.headers["hx-trigger"].isascii()
    assert "dure:invalid" in answer.headers["hx-trigger"]


def test_an_expired_session_costs_nobody_what_was_typed(http: httpx.Client) -> None:
    answer = http.post("/refuse/unauthenticated", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert 'target="_blank"' in answer.text


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400),
        (b"", 400),
        (b"\xff\xfe", 400),
        (b'{"number": "x", "title": "ok"}', 400),
        (b'{"number": 1, "title": "much too long a title"}', 400),
        (b"[" * 20_000, 400),
        (b'{"number": 1, "title": "' + b"a" * 200_000 + b'"}', 413),
    ],
)
def test_bodies_that_cannot_be_read(content: bytes, status: int, http: httpx.Client) -> None:
    answer = http.post("/api/v1/told", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert answer.json()["error"]["message"]
    assert "Traceback" not in answer.text


def test_a_field_of_the_wrong_type_is_named(http: httpx.Client) -> None:
    answer = http.post("/api/v1/told", json={"number": 1, "title": "much too long a title"})
    assert "title" in answer.json()["error"]["fields"]


def test_addresses_nobody_knows(http: httpx.Client) -> None:
    assert http.get("/api/v1/nothing").json()["error"]["code"] == "missing"
    page = http.get("/no/such/page", headers={"Cookie": "as=ada"})
    assert page.status_code == 404
    assert 'action="/sign-out"' in page.text
    assert http.get("/%00/..%2f..%2fetc/passwd").status_code in (400, 404)


def test_a_method_an_address_does_not_take(http: httpx.Client) -> None:
    answer = http.delete("/api/v1/told")
    assert answer.status_code == 405
    assert answer.json()["error"]["code"] == "method_not_allowed"
    assert "POST" in answer.headers["allow"]
