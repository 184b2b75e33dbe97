"""Somebody at a browser, or a program with a token: a few words of HTTP, and nothing hidden."""

import http.client
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from dure import people
from dure.ledger import House, Work
from dure.people import Caller


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def fields(self) -> list[str]:
        """The fields that a refusal names."""
        return sorted(self.json["error"].get("fields", {}))


@dataclass
class Visitor:
    url: str
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    @contextmanager
    def signed_in(cls, url: str, house: House, caller: Caller) -> Iterator["Visitor"]:
        def begin(work: Work) -> str:
            assert caller.person_id is not None
            return people.begin_session(work, caller.person_id, device="test", address="127.0.0.1").secret

        secret = house.write_now(caller, begin)
        yield cls(url, {"Cookie": f"{people.DURE_SESSION}={secret}", "Origin": url})

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, quote(path, safe="/?=&%:+#~"), body=body, headers={**self.headers, **named})
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.headers.items()), answer.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, None, **headers)

    def post(self, path: str, **words: str | list[str]) -> Answer:
        """Send a form, as a browser without scripts does."""
        body = urlencode(words, doseq=True).encode()
        return self.ask("POST", path, body, Content_Type="application/x-www-form-urlencoded")

    def api(self, method: str, path: str, words: object | None = None) -> Answer:
        body = msgspec.json.encode(words) if words is not None else None
        return self.ask(method, f"/api/v1{path}", body, Content_Type="application/json")
