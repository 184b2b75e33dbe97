"""Pages: whose language, whose theme, what was just done, and what they never let through."""

import base64

import httpx
import msgspec
import pytest

from dure.kit import say
from dure.shell.frame import ours
from dure.shell.pieces import hue, initials
from dure.shell.viewer import preferred


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("ko", "ko"),
        ("ko-KR,ko;q=0.9,en-US;q=0.8", "ko"),
        ("en-US,en;q=0.9,ko;q=0.1", "en"),
        ("fr,ko;q=0.2", "ko"),
        ("ko;q=0, en;q=0", "en"),
        ("*", "en"),
        ("", "en"),
        (";;;,,q=,ko;q=abc", "ko"),
        ("ko;q=" * 2000, "ko"),
    ],
)
def test_the_browser_asks_for_a_language(accepted: str, language: str) -> None:
    assert preferred(accepted) == language


def test_a_page_speaks_the_language_asked_for(http: httpx.Client) -> None:
    korean = http.get("/parts", headers={"Accept-Language": "ko"})
    assert '<html lang="ko">' in korean.text
    assert say("Skip to the content").into("ko") in korean.text
    assert '<html lang="en">' in http.get("/parts").text


def test_what_was_chosen_in_the_browser_beats_what_it_asks_for(http: httpx.Client) -> None:
    answer = http.post("/preferences", data={"language": "ko", "theme": "dark", "next": "/parts?x=1"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/parts?x=1")
    chosen = http.get("/parts")
    assert '<html lang="ko" data-theme="dark">' in chosen.text
    assert 'value="dark" aria-pressed="true"' in chosen.text


def test_a_wish_that_is_none_is_refused(http: httpx.Client) -> None:
    assert http.post("/preferences", data={"language": "xx"}).status_code == 422
    assert http.get("/parts", headers={"Cookie": "dure_language=../../etc; dure_theme=<b>"}).status_code == 200


@pytest.mark.parametrize(
    "url", ["//evil.example", "https://evil.example", "/\\evil.example", "", "/a\r\nb", "javascript:1"]
)
def test_nobody_is_sent_on_to_a_stranger(url: str, http: httpx.Client) -> None:
    assert ours(url) == "/"
    assert http.post("/preferences", data={"theme": "light", "next": url or " "}).headers["location"] == "/"


def test_what_was_done_is_said_once(http: httpx.Client) -> None:
    kept = http.post("/form", data={"title": "<b>Lamp</b>", "amount": "3"})
    assert (kept.status_code, kept.headers["location"]) == (303, "/parts")
    told = http.get("/parts")
    assert "Kept &lt;b&gt;Lamp&lt;/b&gt;" in told.text
    assert "<b>Lamp" not in told.text
    assert "Kept" not in http.get("/parts").text


@pytest.mark.parametrize("flash", ["", "%%%", "e30", base64.b64encode(b"[1]").decode(), "a" * 3000])
def test_a_cookie_made_up_by_somebody_says_nothing(flash: str, http: httpx.Client) -> None:
    answer = http.get("/parts", headers={"Cookie": f"dure_flash={flash}"})
    assert answer.status_code == 200
    assert 'class="toast' not in answer.text


def test_htmx_is_sent_on_by_its_own_header(http: httpx.Client) -> None:
    answer = http.post("/form", data={"title": "Lamp", "amount": "3"}, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"], answer.text) == (200, "/parts", "")


def test_places_are_shown_to_whom_they_concern(http: httpx.Client) -> None:
    stranger = http.get("/ada/shop/issues").text
    assert 'href="/ada/shop/issues" data-keys="g i" aria-current="page"' in stranger
    assert 'href="/admin"' not in stranger
    assert "/sign-in?next=/ada/shop/issues" in stranger
    known = http.get("/ada/shop/issues", headers={"Cookie": "as=ada"}).text
    assert 'href="/admin"' in known
    assert 'action="/sign-out"' in known


def test_a_panel_hangs_where_a_later_room_put_it(http: httpx.Client) -> None:
    assert "A panel for 12 at /ada/shop/issues/12" in http.get("/ada/shop/issues/12").text


def test_no_page_carries_script_or_style_of_its_own(http: httpx.Client) -> None:
    for path in ("/", "/parts", "/ada/shop/issues/12", "/form", "/empty", "/nowhere"):
        text = http.get(path, headers={"Cookie": "as=ada"}).text
        assert "style=" not in text
        assert "<style" not in text
        assert " onclick" not in text
        assert text.count("<script") == text.count('<script type="module" src="/assets/') == 1


def test_a_fragment_is_only_itself(http: httpx.Client) -> None:
    text = http.get("/thread").text
    assert "<html" not in text
    assert "things happened" in text


@pytest.mark.parametrize(
    ("name", "letters"),
    [("ada", "AD"), ("grace.hopper", "GH"), ("김하늘", "하늘"), ("이준", "이준"), ("", "?"), ("x", "X"), ("- -", "?")],
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters
    assert hue(name) == hue(name)


def test_the_web_manifest_and_the_mark(http: httpx.Client) -> None:
    manifest = http.get("/manifest.webmanifest")
    assert msgspec.json.decode(manifest.content)["name"] == "Dure"
    mark = http.get("/favicon.svg")
    assert mark.headers["content-type"].startswith("image/svg+xml")
    assert mark.headers["cache-control"] == "public, max-age=86400"
