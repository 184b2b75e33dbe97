"""The outer door: headers on every answer, no posts from strangers, packing that leaves streams alone."""

import httpx
import pytest

from dure.shell import Guard

STRICT = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
    "strict-transport-security": "max-age=31536000",
}


@pytest.mark.parametrize("path", ["/", "/nowhere", "/api/v1/nothing", "/refuse/broken", "/api/v1/told", "/thread"])
def test_every_answer_is_guarded(path: str, http: httpx.Client) -> None:
    answer = http.get(path)
    assert {name: answer.headers[name] for name in STRICT} == STRICT
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "none"}, 303),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "{here}"}, 403),
        ({"Origin": "{here}"}, 303),
        ({"Origin": "https://dure.example"}, 303),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Cookie": "as=ada"}, 403),
        ({"Cookie": "as=ada", "Authorization": "Bearer dure_x"}, 303),
        ({"Cookie": "as=ada", "Authorization": "Basic eDp5"}, 403),
        ({"Authorization": "Bearer dure_x"}, 303),
        ({}, 303),
    ],
)
def test_posts_from_strangers_pages_are_not_done(headers: dict[str, str], status: int, address: str) -> None:
    headers = {name: value.replace("{here}", address) for name, value in headers.items()}
    answer = httpx.post(f"{address}/form", data={"title": "Lamp", "amount": "1"}, headers=headers)
    assert answer.status_code == status
    if status == 403:
        assert "another site" in answer.text


def test_a_program_hears_it_in_json(address: str) -> None:
    answer = httpx.post(f"{address}/api/v1/told", json={}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.json()["error"]["code"] == "forbidden"


def test_large_pages_travel_packed_and_small_ones_as_they_are(http: httpx.Client) -> None:
    packed = http.get("/ada/shop/issues", headers={"Accept-Encoding": "gzip"})
    plain = http.get("/ada/shop/issues", headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.text.count("data-open") == plain.text.count("data-open") == 50
    assert int(packed.headers["content-length"]) < len(plain.content) / 4
    assert "content-encoding" not in http.get("/thread", headers={"Accept-Encoding": "gzip"}).headers


def test_head_is_get_without_the_body(http: httpx.Client) -> None:
    answer = http.head("/ada/shop/issues")
    assert answer.status_code == 200
    assert answer.content == b""
    assert http.head("/nowhere").status_code == 404


def test_assets_are_kept_for_ever_and_asked_for_once(http: httpx.Client) -> None:
    text = http.get("/parts").text
    url = text.split('<script type="module" src="')[1].split('"')[0]
    packed = http.get(url, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert packed.headers["content-encoding"] == "gzip"
    plain = http.get(url, headers={"Accept-Encoding": "identity"})
    assert plain.content == packed.content
    assert plain.headers["content-type"] == "text/javascript; charset=utf-8"
    again = http.get(url, headers={"If-None-Match": plain.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    for stranger in ("manifest.json", "stamp", "..%2f..%2f__init__.py", "app.js"):
        assert http.get(f"/assets/{stranger}").status_code == 404


def test_a_house_without_tls_does_not_promise_it() -> None:
    async def nothing(scope: object, receive: object, send: object) -> None: ...

    assert b"strict-transport-security" not in Guard(nothing).headers
    assert b"strict-transport-security" in Guard(nothing, public_url="https://dure.example").headers
