"""Bells: how a thread sleeps until there is something to do, without asking the database again and again."""

import logging
import threading
from collections.abc import Callable, Iterable

log = logging.getLogger(__name__)


class Bell:
    """Topics that can be rung and waited for.

    A waiter reads `rung(topic)` before it looks for work and hands that number to `wait`: a ring that came in
    between is then not lost.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rung: dict[str, int] = {}
        # One condition for each topic, so that a ring wakes nobody who sleeps for something else.
        self._sleepers: dict[str, threading.Condition] = {}
        self._hearers: list[tuple[str, Callable[[], None]]] = []

    def rung(self, topic: str) -> int:
        with self._lock:
            return self._rung.setdefault(topic, 0)

    def ring(self, topics: Iterable[str]) -> None:
        topics = set(topics)
        if not topics:
            return
        with self._lock:
            for topic in topics:
                self._rung[topic] = self._rung.get(topic, 0) + 1
                if topic in self._sleepers:
                    self._sleepers[topic].notify_all()
            hearers = [hear for topic, hear in self._hearers if topic in topics]
        for hear in hearers:
            try:
                hear()
            except Exception:
                # Whoever rings has just committed; a hearer's trouble must not become the writer's.
                log.exception("a hearer of the bell failed")

    def ring_all(self) -> None:
        """Ring everything once: after a lost connection nobody knows what was missed."""
        with self._lock:
            topics = [*self._rung, *(topic for topic, _ in self._hearers)]
        self.ring(topics)

    def wait(self, topic: str, seen: int, timeout_seconds: float) -> bool:
        """Sleep until the topic is rung after `seen`, or until the time is up."""
        with self._lock:
            sleepers = self._sleepers.setdefault(topic, threading.Condition(self._lock))
            return sleepers.wait_for(lambda: self._rung.get(topic, 0) != seen, timeout_seconds)

    def hear(self, topic: str, call: Callable[[], None]) -> Callable[[], None]:
        """Call a quick function at each ring. Returns the function that ends it."""
        hearer = (topic, call)
        with self._lock:
            self._hearers.append(hearer)

        def end() -> None:
            with self._lock:
                if hearer in self._hearers:
                    self._hearers.remove(hearer)

        return end
