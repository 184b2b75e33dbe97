"""Bad input over real HTTP: each is answered by the right status and a sentence, never by a fault or a trace."""

import http.client
import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from tests.parts.sample import PROJECT, Sample

ISSUES = f"/api/v1/projects/{PROJECT}/issues"
TITLE = {"title": "x"}
HUGE = 2**70
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}{% raw %}",
    "'; DROP TABLE issue; --",
    "../../../../etc/passwd",
    "%s%n%x %(name)s {title} {0.__class__}",
    "a\r\nSet-Cookie: evil=1",
    "\u202eevil\u202c \u200b\ufeff",
    "👩‍👩‍👧‍👦 주문 ﷽ Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A",
    "=cmd|' /C calc'!A0",
]


@pytest.fixture
def ada(sample: Sample) -> Iterator[httpx.Client]:
    """A program that acts for ada."""
    headers = {"Authorization": f"Bearer {sample.tokens['ada']}", "Accept-Language": "en"}
    with httpx.Client(base_url=sample.house.url, headers=headers, timeout=60) as client:
        yield client


def sentence(answer: httpx.Response, status: int) -> str:
    """What the refusal says; the whole of it is checked to be one."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/json")
    told = answer.json()["error"]
    words = told["message"]
    assert isinstance(words, str)
    assert len(words) > 10
    for trace in ("Traceback", 'File "', "msgspec", "sqlalchemy", "litestar", "Exception"):
        assert trace not in answer.text
    return words


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "nothing"),
        (b"{", "half of it"),
        (b"nonsense", "no JSON"),
        (b'{"title": "x"} and more', "more after it"),
        (b"[]", "a list"),
        (b"null", "null"),
        (b'"title"', "a string"),
        (b'{"title": 5}', "a number"),
        (b'{"title": null}', "null inside"),
        (b'{"title": ["x"]}', "a list inside"),
        (b'{"title": {"x": 1}}', "an object inside"),
        (b'{"title": "x", "labels": "bug"}', "a word for a list"),
        (b'{"title": "x", "labels": [1, 2]}', "numbers for words"),
        (b'{"title": "x", "nonsense": 1}', "an unknown field"),
        (b'{"body": "x"}', "a field is missing"),
        (b'{"title": "\xff\xfe"}', "no UTF-8"),
        (b'{"title": "\xed\xa0\x80"}', "a surrogate as bytes"),
        (b'{"title": NaN}', "no number"),
        (b'\xef\xbb\xbf{"title": 5}', "a mark in front"),
        (b"[" * 100_000, "opened and never closed"),
        (b'{"title":' * 5_000 + b"1" + b"}" * 5_000, "nested very deeply"),
        (b"\x00" * 100, "zeros"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_body_that_cannot_be_read(body: bytes, why: str, ada: httpx.Client) -> None:
    answer = ada.post(ISSUES, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}, f"{why}: {answer.text}"
    sentence(answer, answer.status_code)


def test_two_fields_of_the_same_name_are_one(ada: httpx.Client) -> None:
    answer = ada.post(
        ISSUES, content=b'{"title": "first", "title": "second"}', headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 201
    assert answer.json()["title"] == "second"


@pytest.mark.parametrize("title", [r"\ud800", r"\udfff tail", r"a\ud83d", r"\u0000", r"a\u0000b", r"\u0007", " ", ""])
def test_signs_that_no_title_has(title: str, ada: httpx.Client) -> None:
    answer = ada.post(ISSUES, content=f'{{"title": "{title}"}}'.encode(), headers={"Content-Type": "application/json"})
    if answer.status_code == 201:
        kept = answer.json()["title"]
        assert kept.strip() == kept != ""
        assert kept.isprintable()
        kept.encode()
    else:
        assert answer.status_code in {400, 422}, answer.text
        sentence(answer, answer.status_code)


def test_zeros_in_what_is_said_do_no_harm(ada: httpx.Client) -> None:
    for field in ("body", "milestone"):
        answer = ada.post(ISSUES, json={"title": "zero", field: "a\x00b"})
        assert answer.status_code in {201, 400, 404, 409, 422}, answer.text
    for query in ("a\x00b", "label:\x00", '"\x00"', "\ud7ff\uffff", "%00"):
        answer = ada.get("/api/v1/issues", params={"q": query})
        assert answer.status_code in {200, 422}, answer.text


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_only_words(words: str, ada: httpx.Client, sample: Sample) -> None:
    made = ada.post(ISSUES, json={"title": words, "body": words})
    assert made.status_code in {201, 422}, made.text
    said = ada.post(f"{ISSUES}/1/comments", json={"body": words})
    assert said.status_code == 201, said.text
    found = ada.get(ISSUES, params={"q": words})
    assert found.status_code in {200, 422}, found.text
    people = sample.clients["ada"]
    paths = [f"/{PROJECT}", f"/{PROJECT}/issues", f"/{PROJECT}/issues/1"]
    if made.status_code == 201:
        paths.append(made.json()["url"])
    for path in paths:
        page = people.get(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "onerror=alert" not in page.text.replace("onerror=alert(1)&gt;", "")
        assert "{{ 7 * 7 }}" in page.text or "7 * 7" not in words
    for path in ("/search", f"/{PROJECT}/issues"):
        page = people.get(path, params={"q": words})
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert '"><img' not in page.text
    assert "evil" not in people.cookies


@pytest.mark.parametrize(
    "number", ["0", "-1", "99999", str(2**31), str(2**63), str(HUGE), "1e3", "1.0", "０", "x", "%00"]
)
def test_a_number_that_no_issue_has(number: str, ada: httpx.Client, sample: Sample) -> None:
    answer = ada.get(f"{ISSUES}/{number}")
    sentence(answer, answer.status_code)
    assert answer.status_code in {400, 404}
    for path in (f"{ISSUES}/1/comments/{number}", f"/api/v1/projects/{PROJECT}/labels/{number}"):
        answer = ada.delete(path)
        assert answer.status_code in {400, 404, 405}, f"{path}: {answer.text}"
    page = sample.clients["ada"].get(f"/{PROJECT}/issues/{number}")
    assert page.status_code in {400, 404}, page.text
    assert "<h1>" in page.text
    assert "Traceback" not in page.text
    for path in (f"/admin/people/{number}/links", f"/admin/deliveries/{number}/retry", f"/me/sessions/{number}/end"):
        assert sample.clients["ada"].post(path).status_code in {303, 400, 404, 405}, path


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "-1"},
        {"limit": str(HUGE)},
        {"limit": "many"},
        {"cursor": "nonsense"},
        {"cursor": "a" * 61},
        {"cursor": "\x00"},
        {"q": "is:nonsense"},
        {"q": "x" * 301},
        {"q": "sort:sideways"},
    ],
    ids=str,
)
def test_a_question_that_cannot_be_meant(query: dict[str, str], ada: httpx.Client) -> None:
    answer = ada.get(ISSUES, params=query)
    sentence(answer, answer.status_code)
    assert answer.status_code in {400, 422}


@pytest.mark.parametrize(
    "query", ['"', "(", "AND OR NOT", "a*", "^a", "NEAR(a b)", "col:umn", "-", "''", "-label:", "&|!", "ㅋ"]
)
def test_no_words_break_the_search(query: str, ada: httpx.Client) -> None:
    answer = ada.get("/api/v1/issues", params={"q": query})
    assert answer.status_code in {200, 422}, answer.text


def test_too_much_is_said_to_be_too_much(ada: httpx.Client, sample: Sample) -> None:
    body = json.dumps({"title": "x", "body": "y" * 2_100_000})
    said = sentence(ada.post(ISSUES, content=body, headers={"Content-Type": "application/json"}), 413)
    assert "Send less" in said
    # Without saying beforehand how much it will be.
    pieces = (b"y" * 100_000 for _ in range(25))
    sentence(ada.post(ISSUES, content=pieces, headers={"Content-Type": "application/json"}), 413)
    page = sample.clients["ada"].post(f"/{PROJECT}/issues", data={"title": "x", "body": "y" * 2_100_000})
    assert page.status_code == 413
    assert "Traceback" not in page.text
    korean = ada.post(
        ISSUES, content=body, headers={"Content-Type": "application/json", "Accept-Language": "ko-KR,ko;q=0.9"}
    )
    assert any("가" <= sign <= "힣" for sign in sentence(korean, 413))
    for field, words in (("title", "x" * 201), ("body", "x" * 60_001)):
        answer = ada.post(ISSUES, json={**TITLE, field: words})
        assert answer.status_code in {400, 422}
        sentence(answer, answer.status_code)


def test_a_form_that_is_no_form(sample: Sample) -> None:
    ada = sample.clients["ada"]
    for kind, body in (
        ("application/json", b'{"title": "x"}'),
        ("text/plain", b"title=x"),
        ("multipart/form-data", b"title=x"),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense"),
        ("multipart/form-data; boundary=" + "x" * 300, b"--x--"),
        ("application/x-www-form-urlencoded", b"\xff\xfe=\xff&%zz=%00"),
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % number for number in range(5000))),
        ("application/x-www-form-urlencoded; charset=utf-7", b"title=+ADw-"),
        ("", b""),
    ):
        answer = ada.post(f"/{PROJECT}/issues", content=body, headers={"Content-Type": kind})
        assert answer.status_code in {303, 400, 413, 415, 422}, f"{kind}: {answer.status_code}"
        assert "Traceback" not in answer.text


def test_another_kind_of_content_is_refused(ada: httpx.Client) -> None:
    for kind in ("text/xml", "application/x-yaml", "image/png", "application/json; charset=utf-16", "nonsense"):
        answer = ada.post(ISSUES, content=b"<x/>", headers={"Content-Type": kind})
        assert answer.status_code in {400, 415, 422}, f"{kind}: {answer.text}"
        sentence(answer, answer.status_code)


def test_a_method_that_an_address_does_not_take(ada: httpx.Client, sample: Sample) -> None:
    for method, path in (
        ("PUT", ISSUES),
        ("DELETE", "/api/v1/me"),
        ("PATCH", "/api/v1/projects"),
        ("TRACE", ISSUES),
        ("BREW", ISSUES),
        ("POST", "/api/openapi.json"),
    ):
        answer = ada.request(method, path)
        assert answer.status_code in {404, 405, 501}, f"{method} {path}: {answer.status_code} {answer.text}"
        assert "Traceback" not in answer.text
    answer = ada.put(ISSUES)
    assert "PUT" in sentence(answer, 405)
    assert "GET" in answer.headers["allow"]
    page = sample.clients["ada"].put(f"/{PROJECT}/issues")
    assert page.status_code == 405


def test_head_is_get_without_the_body(sample: Sample) -> None:
    ada = sample.clients["ada"]
    for path in ("/", f"/{PROJECT}", f"/{PROJECT}/issues/1", "/me", "/api/openapi.json", "/nowhere", "/favicon.svg"):
        seen, head = ada.get(path), ada.head(path)
        assert head.status_code == seen.status_code, path
        assert head.content == b""
        assert head.headers["content-type"] == seen.headers["content-type"]


def test_addresses_and_headers_without_end(sample: Sample) -> None:
    ada = sample.clients["ada"]
    for path in ("/" + "a" * 7_000, "/" + "a/" * 3_000, "/search?q=" + "a" * 7_000, "/?" + "&".join(["a=1"] * 2_000)):
        answer = ada.get(path)
        assert answer.status_code in {200, 303, 400, 404, 414, 422, 431}, answer.status_code
        assert "Traceback" not in answer.text
    for name, value in (
        ("Accept-Language", "ko;q=" + "9" * 5_000),
        ("Accept-Language", ",".join(["xx"] * 2_000)),
        ("Cookie", "dure_session=" + "x" * 7_000),
        ("Cookie", "; ".join(f"c{number}=1" for number in range(800))),
        ("User-Agent", "x" * 7_000),
        ("Accept", "text/html;" * 700),
        ("If-None-Match", '"' * 3_000),
        ("Range", "bytes=" + "0-1," * 1_000),
        ("Last-Event-ID", "9" * 400),
        ("Host", "evil.example"),
        ("X-Forwarded-For", "1.2.3.4, " * 500 + "1.2.3.4"),
        ("X-Forwarded-Proto", "https, javascript"),
    ):
        with httpx.Client(base_url=sample.house.url, cookies=ada.cookies) as client:
            answer = client.get("/me", headers={name: value})
        assert answer.status_code in {200, 303, 400, 401, 431}, f"{name}: {answer.status_code}"
        assert "evil.example" not in answer.text
        assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "name",
    [
        "../app.py",
        "..%2fapp.py",
        "%2e%2e/%2e%2e/settings.py",
        "..\\..\\settings.py",
        "%2e%2e%5c%2e%2e%5csettings.py",
        "....//app.py",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "stamp",
        "manifest.json",
        "app.css%00.js",
        ".",
        "%ff",
    ],
)
def test_only_the_bundle_lies_under_assets(name: str, sample: Sample) -> None:
    house = urlsplit(sample.house.url)
    # Written out by hand, because clients tidy such addresses before they send them.
    line = http.client.HTTPConnection(house.netloc, timeout=30)
    line.putrequest("GET", f"/assets/{name}", skip_accept_encoding=True)
    line.endheaders()
    answer = line.getresponse()
    body = answer.read().decode(errors="replace")
    line.close()
    assert answer.status in {303, 400, 404}, body
    assert "import " not in body
    assert "root:" not in body
    assert "Traceback" not in body
