"""Forms: read into typed records, or every field that cannot be used is named at once."""

import httpx
import pytest

GOOD = {"title": "Lamp", "amount": "3"}


def refused(http: httpx.Client, data: dict[str, str | list[str]]) -> dict[str, str]:
    answer = http.post("/form", data=data, headers={"Accept": "application/json"})
    assert answer.status_code == 422
    fields: dict[str, str] = answer.json()["error"]["fields"]
    return fields


def test_a_good_form_is_kept(http: httpx.Client) -> None:
    answer = http.post("/form", data={**GOOD, "colours": ["red", "blue"], "urgent": "true", "mood": "cross", "x": "y"})
    assert answer.status_code == 303


def test_a_form_with_files_is_read_too(http: httpx.Client) -> None:
    assert http.post("/form", data=GOOD, files={"picture": ("a.png", b"\x89PNG")}).status_code == 303
    assert refused(http, {"amount": "3"}) == {"title": "Please fill this in."}


def test_every_field_is_named_at_once(http: httpx.Client) -> None:
    assert refused(http, {"title": "   ", "amount": "many"}) == {
        "title": "Please fill this in.",
        "amount": "A number is needed here.",
    }


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("title", "ab", "At least 3 characters, please."),
        ("title", "a" * 41, "At most 40 characters, please."),
        ("amount", "1.5", "A number is needed here."),
        ("amount", "1e400", "This number is out of range."),
        ("mood", "sad", "Please choose one of the offered values."),
        ("urgent", "perhaps", "This cannot be used here."),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(field: str, value: str, sentence: str, http: httpx.Client) -> None:
    assert refused(http, {**GOOD, field: value}) == {field: sentence}


@pytest.mark.parametrize("content", [b"", b"%%%", b"\xff\xfe=\x00", b"title=%ff&amount=%00", b"&" * 5000, b"a=" * 9000])
def test_bytes_that_are_no_form_are_refused_and_nothing_breaks(content: bytes, http: httpx.Client) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    answer = http.post("/form", content=content, headers=headers)
    assert answer.status_code in (400, 422)
    assert answer.json()["error"]["message"]


def test_a_broken_multipart_body_is_refused(http: httpx.Client) -> None:
    for content in (
        b"",
        b"--x",
        b"--x\r\n\r\n",
        b"--x\r\nContent-Disposition: form-data; name=\r\n\r\na",
        b"junk" * 99,
    ):
        headers = {"Content-Type": "multipart/form-data; boundary=x", "Accept": "application/json"}
        assert http.post("/form", content=content, headers=headers).status_code in (400, 422)
    headers = {"Content-Type": "multipart/form-data", "Accept": "application/json"}
    assert http.post("/form", content=b"--x", headers=headers).status_code in (400, 422)
