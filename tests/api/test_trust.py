"""Who may ask and from where: tokens, cookies, other sites' pages, and the headers every answer carries."""

import socket
from collections.abc import Iterator
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

import httpx
import pytest

from tests.parts.house import PASSWORD
from tests.parts.sample import PROJECT, Sample, browser_of

ISSUES = f"/api/v1/projects/{PROJECT}/issues"
EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
ELSEWHERE = (
    "https://evil.example",
    "http://evil.example:8400",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\t//evil.example",
    "javascript:alert(1)",
    "/%0d%0aSet-Cookie:x=1",
    "/a\r\nX: y",
)
FORM = b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def stranger(sample: Sample) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sample.house.url, headers={"Accept-Language": "en"}, timeout=60) as client:
        yield client


def refused(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert "Traceback" not in answer.text
    return str(answer.json()["error"]["message"])


@pytest.mark.parametrize(
    "word",
    [
        "nonsense",
        "two words",
        "dure_pat_",
        "dure_pat_" + "a" * 40,
        "dure_pat_" + "a" * 7_000,
        "dure_pat_\xff\xfe",
        "' OR 1=1 --",
        "null",
    ],
)
def test_a_token_that_is_none(word: str, stranger: httpx.Client) -> None:
    answer = stranger.get("/api/v1/me", headers={b"Authorization": f"Bearer {word}".encode("latin-1")})
    assert refused(answer, 401)


def test_tokens_that_were_good_once(sample: Sample, stranger: httpx.Client) -> None:
    made = sample.api("POST", "/me/tokens", {"name": "brief", "scopes": ["read"], "days": 1})
    bearer = {"Authorization": f"Bearer {made['token']}"}
    assert stranger.get("/api/v1/me", headers=bearer).status_code == 200
    assert "write" in refused(stranger.post(ISSUES, json={"title": "x"}, headers=bearer), 403)
    # One letter more, one less, another kind of letter: all the same to a stranger.
    token = str(made["token"])
    for changed in (token[:-1], token + "a", token.upper(), token[:-1] + ("a" if token[-1] != "a" else "b")):
        garbled = {"Authorization": f"Bearer {changed}"}
        assert refused(stranger.get("/api/v1/me", headers=garbled), 401)
    assert stranger.delete("/api/v1/me/tokens/current", headers=bearer).status_code == 204
    assert refused(stranger.get("/api/v1/me", headers=bearer), 401)
    # A token does not open the pages where tokens are made.
    admin = {"Authorization": f"Bearer {sample.tokens['ada']}"}
    assert stranger.get("/me/tokens", headers=admin).status_code in {303, 403}


def test_a_key_that_was_signed_out_is_worth_nothing(sample: Sample) -> None:
    with browser_of(sample.house) as client:
        client.post("/sign-in", data={"handle": "ada", "password": PASSWORD})
        kept = client.cookies["dure_session"]
        assert client.get("/me").status_code == 200
        assert client.post("/sign-out").status_code == 303
    with browser_of(sample.house) as thief:
        thief.cookies.set("dure_session", kept)
        answer = thief.get("/me")
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in")


def test_cookies_are_kept_close(sample: Sample) -> None:
    with browser_of(sample.house) as client:
        answer = client.post("/sign-in", data={"handle": "ada", "password": PASSWORD})
        answers = [*answer.headers.get_list("set-cookie")]
        answers += client.post("/preferences", data={"theme": "dark"}).headers.get_list("set-cookie")
        client.post("/preferences", data={"theme": "system"})
    assert len(answers) >= 3
    for line in answers:
        for cookie in SimpleCookie(line).values():
            assert cookie["httponly"], line
            assert cookie["samesite"].lower() in {"lax", "strict"}, line
            assert cookie["path"] == "/", line
            assert not cookie["domain"], line


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://127.0.0.1.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "nonsense"},
        {},
    ],
    ids=str,
)
def test_nothing_is_done_for_another_sites_page(headers: dict[str, str], sample: Sample) -> None:
    cookies = {"dure_session": sample.cookie()}
    with httpx.Client(base_url=sample.house.url, cookies=cookies, headers=headers) as client:
        before = sample.api("GET", "/issues")["count"]
        page = client.post(f"/{PROJECT}/issues", data={"title": "sent from elsewhere"})
        assert page.status_code == 403
        assert len(page.text) > 20
        program = client.post(ISSUES, json={"title": "sent from elsewhere"})
        assert refused(program, 403)
        assert client.post("/sign-out").status_code == 403
        assert client.post("/preferences", data={"theme": "dark"}).status_code == 403
        korean = client.post("/sign-out", headers={"Accept-Language": "ko"})
        assert any("가" <= sign <= "힣" for sign in korean.text)
        assert sample.api("GET", "/issues")["count"] == before
        assert client.get("/me").status_code == 200


@pytest.mark.parametrize("there", ELSEWHERE)
def test_nobody_is_led_elsewhere(there: str, sample: Sample) -> None:
    for path, words in (
        ("/sign-in", {"handle": "ada", "password": PASSWORD, "next": there}),
        ("/preferences", {"theme": "light", "next": there}),
    ):
        with browser_of(sample.house) as client:
            answer = client.post(path, data=words)
        assert answer.status_code in {303, 422}, answer.text
        leads_home(answer, sample)
    answer = sample.clients["ada"].get("/sign-in", params={"next": there})
    leads_home(answer, sample)


def leads_home(answer: httpx.Response, sample: Sample) -> None:
    where = urlsplit(str(httpx.URL(sample.house.url).join(answer.headers.get("location", "/"))))
    assert f"{where.scheme}://{where.netloc}" == sample.house.url
    assert "x" not in answer.headers
    assert not answer.headers.get("location", "/").startswith(("//", "/\\"))


def test_the_path_itself_leads_nobody_elsewhere(sample: Sample) -> None:
    with browser_of(sample.house) as client:
        for path in ("//evil.example/", "/\\evil.example", "/%2f/evil.example", "/sign-in/..//evil.example"):
            answer = client.get(f"{sample.house.url}{path}")
            assert not answer.headers.get("location", "/").startswith(("//", "http", "/\\")), path


def test_every_answer_carries_the_guards_headers(sample: Sample, stranger: httpx.Client) -> None:
    ada = sample.clients["ada"]
    style = next(line for line in ada.get("/").text.split('"') if line.startswith("/assets/") and line.endswith(".css"))
    answers = [
        stranger.get("/"),
        stranger.get("/sign-in"),
        stranger.get("/nowhere"),
        stranger.get("/api/v1/me"),
        stranger.get("/api/v1/nowhere"),
        stranger.get("/api/openapi.json"),
        stranger.get(style),
        stranger.get("/assets/nowhere.js"),
        stranger.get("/favicon.svg"),
        stranger.get("/manifest.webmanifest"),
        stranger.head("/sign-in"),
        stranger.put("/sign-in"),
        stranger.post("/sign-in", content=b"x" * 2_100_000),
        stranger.post("/sign-out", headers={"Origin": "https://evil.example"}),
        stranger.request("BREW", "/"),
        ada.get("/"),
        ada.get(f"/{PROJECT}/issues/1"),
        ada.get(f"/{PROJECT}/issues/{2**70}"),
        ada.post("/new", data={"name": "NOT A NAME"}),
        ada.get("/", headers={"Accept-Encoding": "gzip"}),
    ]
    for answer in answers:
        told = f"{answer.request.method} {answer.request.url.path}: {answer.status_code}"
        for name, value in EVERYWHERE.items():
            assert answer.headers.get(name) == value, f"{told} lacks {name}"
        assert "default-src 'none'" in answer.headers.get("content-security-policy", ""), told
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], told
        assert "cache-control" in answer.headers, told
        assert "x-powered-by" not in answer.headers
        assert not any(sign.isdigit() for sign in answer.headers.get("server", "")), told
    private = ada.get(f"/{PROJECT}/issues/1")
    assert "no-store" in private.headers["cache-control"]


def test_a_refusal_speaks_the_readers_language(sample: Sample, stranger: httpx.Client) -> None:
    def korean(words: str) -> bool:
        return any("가" <= sign <= "힣" for sign in words)

    for path in ("/api/v1/me", f"{ISSUES}/1", "/api/v1/nowhere"):
        answer = stranger.get(path, headers={"Accept-Language": "ko"})
        assert korean(answer.json()["error"]["message"]), path
        assert not korean(stranger.get(path).json()["error"]["message"]), path
    bearer = {"Authorization": f"Bearer {sample.tokens['sora']}", "Accept-Language": "ko"}
    for answer in (
        stranger.post(ISSUES, json={"title": ""}, headers=bearer),
        stranger.post(ISSUES, json={"title": "x", "labels": ["no such label"]}, headers=bearer),
        stranger.get(ISSUES, params={"q": "is:nonsense"}, headers=bearer),
        stranger.patch(f"/api/v1/projects/{PROJECT}", json={"title": "mine"}, headers=bearer),
        stranger.get("/api/v1/projects/nobody/nothing", headers=bearer),
    ):
        assert answer.status_code >= 400
        assert korean(answer.json()["error"]["message"]), answer.text


def test_what_one_may_not_see_is_not_there(sample: Sample) -> None:
    sample.api("POST", "/projects", {"name": "secret", "title": "Quiet plans"})
    sample.api("POST", "/projects/ada/secret/issues", {"title": "Unheardof"})
    sora = {"Authorization": f"Bearer {sample.tokens['sora']}"}
    with httpx.Client(base_url=sample.house.url, headers=sora) as client:
        for path in ("", "/issues", "/issues/1", "/issues/1/comments", "/issues/1/thread", "/labels", "/members"):
            there = client.get(f"/api/v1/projects/ada/secret{path}")
            nowhere = client.get(f"/api/v1/projects/ada/nowhere{path}")
            assert there.status_code == nowhere.status_code == 404
            assert there.text.replace("secret", "nowhere") == nowhere.text
        assert client.get("/api/v1/issues", params={"q": "Unheardof"}).json()["count"] == 0
        assert "secret" not in client.get("/api/v1/projects").text
        assert client.post("/api/v1/projects/ada/secret/issues", json={"title": "x"}).status_code == 404
    for path in ("", "/issues", "/issues/1", "/issues/1/thread", "/settings", "/happened"):
        assert sample.clients["sora"].get(f"/ada/secret{path}").status_code == 404
    assert "data-open" in sample.clients["ada"].get("/search?q=Unheardof").text
    assert "data-open" not in sample.clients["sora"].get("/search?q=Unheardof").text


def test_half_a_request_holds_nobody_up(sample: Sample) -> None:
    """Many who begin to speak and never end; everybody else is answered meanwhile."""
    house = urlsplit(sample.house.url)
    here = (str(house.hostname), int(house.port or 80))
    halves = [
        b"",
        b"GET / HT",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        FORM + b"Content-Length: 1000\r\n\r\nhandle=a",
        FORM + CHUNKED + b"5\r\nhand",
    ]
    lines = []
    try:
        for number in range(60):
            line = socket.create_connection(here, timeout=30)
            line.sendall(halves[number % len(halves)])
            lines.append(line)
        assert sample.clients["ada"].get("/").status_code == 200
        assert sample.api("GET", "/me")["handle"] == "ada"
    finally:
        for line in lines:
            line.close()
    assert sample.clients["ada"].get("/").status_code == 200


@pytest.mark.parametrize(
    "said",
    [
        b"\r\n\r\n",
        b"NONSENSE\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        FORM + b"Content-Length: 5\r\n" + CHUNKED + b"0\r\n\r\nGET /me HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 600_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200,
        b"\x00" * 500,
    ],
    ids=lambda said: str(said[:30]),
)
def test_what_is_no_request_is_dropped(said: bytes, sample: Sample) -> None:
    house = urlsplit(sample.house.url)
    with socket.create_connection((str(house.hostname), int(house.port or 80)), timeout=30) as line:
        answer = b""
        try:
            line.sendall(said)
            line.shutdown(socket.SHUT_WR)
            while piece := line.recv(65536):
                answer += piece
        except OSError:
            pass
    assert b"Traceback" not in answer
    assert answer == b"" or answer.startswith(b"HTTP/1.")
    if answer:
        assert int(answer.split()[1]) in {200, 303, 400, 404, 405, 413, 414, 422, 431, 501, 505}
    assert sample.clients["ada"].get("/").status_code == 200
