"""Gentle visitors of the shop: real requests at an even pace, counted from the outside."""

import http.client
import itertools
import json
import threading
import time
from dataclasses import dataclass, field

VISITORS = 8
ANSWER_SECONDS_MAX = 10.0
BUYS_EVERY = 4
"""Every fourth request buys something."""
ANSWERED_BY_SERVICE = "x-answered-by"
"""The shop sets it on whatever it answers, errors included; the front door sets no such thing."""
VERSION = "x-dure-version"


@dataclass
class Seen:
    """What the visitors met, since they came."""

    requests: int = 0
    errors: int = 0
    """Answers of the shop itself that were errors."""
    failed_by_platform: int = 0
    """Requests that got no answer of the shop at all."""
    versions: dict[str, int] = field(default_factory=dict)
    error_times: list[float] = field(default_factory=list)
    last_times: dict[str, float] = field(default_factory=dict)
    """When each version answered last."""
    complaints: list[str] = field(default_factory=list)


class Visitors:
    """Several of them, each with a connection of its own, together at so many requests a second."""

    def __init__(self, address: str, host: str, per_second: float) -> None:
        self.address, self.host = address, host
        self.pause_seconds = VISITORS / per_second
        self.seen = Seen()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._visit, args=[number], daemon=True) for number in range(VISITORS)]

    def __enter__(self) -> "Visitors":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _visit(self, number: int) -> None:
        line = self._line()
        due = time.monotonic() + self.pause_seconds * number / VISITORS
        for turn in itertools.count(number):
            if self._stop.wait(max(due - time.monotonic(), 0)):
                break
            due = max(due + self.pause_seconds, time.monotonic() - 1)
            try:
                status, version, by_service = self._ask(line, buys=turn % BUYS_EVERY == 0)
            except (OSError, http.client.HTTPException) as problem:
                self._note(None, "", complaint=repr(problem))
                line.close()
                line = self._line()
            else:
                complaint = "" if by_service else f"{status} from the front door"
                self._note(status if by_service else None, version, complaint=complaint)
        line.close()

    def _line(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.address, timeout=ANSWER_SECONDS_MAX)

    def _ask(self, line: http.client.HTTPConnection, *, buys: bool) -> tuple[int, str, bool]:
        headers = {"Host": self.host, "Content-Type": "application/json"}
        body = json.dumps({"things": ["tea", "fan"]}) if buys else None
        line.request("POST" if buys else "GET", "/", body, headers)
        answer = line.getresponse()
        answer.read()
        return answer.status, answer.getheader(VERSION, ""), answer.getheader(ANSWERED_BY_SERVICE) is not None

    def _note(self, status: int | None, version: str, *, complaint: str) -> None:
        with self._lock:
            seen = self.seen
            seen.requests += 1
            if status is None:
                seen.failed_by_platform += 1
                seen.complaints.append(complaint)
            else:
                seen.versions[version] = seen.versions.get(version, 0) + 1
                seen.last_times[version] = time.monotonic()
                if status >= 500:
                    seen.errors += 1
                    seen.error_times.append(time.monotonic())
