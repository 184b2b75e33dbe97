"""Asking the runner, from any thread of the counter. What is asked stands in a file, as everything of a supervisor."""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from dure.runner.counter.refusing import Closing, No
from dure.runner.place import Answer, JobPlace, Want

LOOK_SECONDS_MIN, LOOK_SECONDS_MAX = 0.002, 0.05
PIECE_BYTES = 1 << 20


class Asking:
    """The place of one job, as the counter uses it."""

    def __init__(self, place: JobPlace) -> None:
        self.place = place
        self.over = threading.Event()
        self._lock = threading.Lock()
        self._count = 0

    @property
    def shelf(self) -> Path:
        return self.place.path / "shelf"

    def name(self, kind: str) -> str:
        """One that nothing else on the shelf has."""
        with self._lock:
            self._count += 1
            return f"{kind}_c{self._count}"

    def ask(self, want: Want) -> Answer:
        """What the runner says, as long as it takes. A refusal becomes a No."""
        answer = self.put(want)
        pause = LOOK_SECONDS_MIN
        while not answer.exists():
            if self.over.wait(pause):
                raise Closing
            pause = min(pause * 1.5, LOOK_SECONDS_MAX)
        return self.heard(answer)

    def put(self, want: Want) -> Path:
        answer = self.place.path / "wants" / f"{self.name('x')}.answer"
        self.place.put(f"wants/{answer.stem}.json", msgspec.json.encode(want))
        self.place.ring("bell")
        return answer

    def heard(self, answer: Path) -> Answer:
        said = msgspec.json.decode(answer.read_bytes(), type=Answer)
        # First the question: an answer without one is nobody's, a question without an answer would be asked again.
        for path in (answer.with_suffix(".json"), answer):
            path.unlink(missing_ok=True)
        if said.refusal:
            raise No(said.status or 409, said.refusal)
        return said

    def stream(self, want: Want, size: int) -> Iterator[bytes]:
        """The bytes of a file that the runner brings, while it brings them. The file goes when they are through."""
        file = self.shelf / want.file
        answer = self.put(want)
        sent, waited = 0, LOOK_SECONDS_MIN
        try:
            while sent < size:
                is_whole = answer.exists()
                piece = read_at(file, sent, min(PIECE_BYTES, size - sent))
                if piece:
                    sent, waited = sent + len(piece), LOOK_SECONDS_MIN
                    yield piece
                    continue
                if is_whole:
                    self.heard(answer)
                    raise No(502, "What was brought is shorter than it should be.")
                if self.over.wait(waited):
                    raise Closing
                waited = min(waited * 1.5, LOOK_SECONDS_MAX)
            while not answer.exists() and not self.over.wait(LOOK_SECONDS_MIN):
                time.sleep(LOOK_SECONDS_MIN)
            self.heard(answer)
        finally:
            with suppress(OSError):
                file.unlink()


def read_at(file: Path, offset: int, size: int) -> bytes:
    try:
        with file.open("rb") as opened:
            opened.seek(offset)
            return opened.read(size)
    except FileNotFoundError:
        return b""
