"""A runner as far as its words over HTTP go."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec

from dure.wire.runner import RUNNER_API, JobOrder
from tests.plan.visitor import Answer, Visitor


@dataclass
class Agent(Visitor):
    def say(self, path: str, words: object) -> Answer:
        return self.ask("POST", f"{RUNNER_API}{path}", msgspec.json.encode(words))

    def claim(self, seconds: float = 10.0) -> JobOrder | None:
        answer = self.say("/claims", {"wait_seconds": seconds})
        assert answer.status in (200, 204), answer.text
        return msgspec.json.decode(answer.body, type=JobOrder) if answer.status == 200 else None

    def take(self, seconds: float = 10.0) -> JobOrder:
        order = self.claim(seconds)
        assert order is not None
        assert self.about(order, "taken", {"attempt": order.attempt}).status == 200
        return order

    def about(self, order: JobOrder, word: str, words: object) -> Answer:
        return self.say(f"/jobs/{order.job_id}/{word}", words)

    def report(self, order: JobOrder, *happenings: dict[str, Any], seq: int = 0) -> Answer:
        return self.about(order, "reports", {"attempt": order.attempt, "seq": seq, "happenings": happenings})

    def log(self, order: JobOrder, offset: int, data: bytes, attempt: int | None = None) -> Answer:
        path = f"{RUNNER_API}/jobs/{order.job_id}/log?attempt={attempt or order.attempt}&offset={offset}"
        return self.ask("PUT", path, data, Content_Type="application/octet-stream")

    def put(self, order: JobOrder, kind: str, name: str, data: bytes) -> Answer:
        path = f"{RUNNER_API}/jobs/{order.job_id}/{kind}/{quote(name, safe='')}?attempt={order.attempt}"
        return self.ask("PUT", path, data, Content_Type="application/octet-stream")
