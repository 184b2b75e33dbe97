"""Visitors who come without pause, each on its own kept connection, a quarter of them with something to leave."""

import http.client
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

POST_EVERY = 4
BODY = b"x" * 1024


@dataclass
class Visitors:
    """So many at once, from `start` to `stop`; what they met is counted by status and version."""

    port: int
    host: str
    at_once: int = 8
    met: Counter[tuple[int, str]] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._come, args=(number,)) for number in range(self.at_once)]

    def __enter__(self) -> "Visitors":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    @property
    def requests(self) -> int:
        return sum(self.met.values())

    @property
    def failed(self) -> list[str]:
        """What visitors got that no application sent."""
        return self.lost + [f"{status} {version}" for (status, version) in self.met if status != 200]

    def versions(self) -> Counter[str]:
        counts: Counter[str] = Counter()
        for (_, version), count in self.met.items():
            counts[version] += count
        return counts

    def _come(self, number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        while not self._over.is_set():
            number += 1
            try:
                if number % POST_EVERY:
                    connection.request("GET", "/", headers={"Host": self.host})
                else:
                    connection.request("POST", "/", body=BODY, headers={"Host": self.host})
                answer = connection.getresponse()
                answer.read()
                self.met[answer.status, answer.getheader("x-dure-version") or ""] += 1
            except (OSError, http.client.HTTPException) as error:
                self.lost.append(repr(error))
                connection.close()
                time.sleep(0.01)
        connection.close()
