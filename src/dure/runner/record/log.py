"""The log of one job: masked before it reaches the disk, with the time on every line, and with an end to its size.

Steps in the background write into it while others do: whole lines, each with the number of its step in its stamp,
which a job cannot write. The words of one step are found by that, and nobody waits until it is over.

    2026-01-01T00:00:00.000Z words          of the step that has its turn
    2026-01-01T00:00:00.000Z/3 words        of step 3, in the background
"""

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from dure.runner.record.lines import LINE_BYTES_MAX, Lines

END_BYTES = 200
"""Room for the last line."""
STAMP_BYTES = len("2026-01-01T00:00:00.000Z ")
PENDING_BYTES_MAX = 1 << 20


class Log(Lines):
    def __init__(self, path: Path, bytes_max: int, secrets: Iterable[str]) -> None:
        super().__init__(secrets, threading.RLock())
        self.path = path
        self.file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.bytes_max = max(bytes_max, END_BYTES * 2)
        self.size = 0
        self.on_written: Callable[[], None] = lambda: None
        self.is_full = False
        self.ends_line = True

    @property
    def offset(self) -> int:
        return self.size

    def let_go(self) -> None:
        """While others write here too, lines are kept until they are whole."""
        if not self.others or len(self.held) > LINE_BYTES_MAX:
            super().let_go()

    def aside(self, number: int) -> "SideLines":
        with self.lock:
            other = SideLines(self, number)
            self.others.append(other)
        return other

    def words_of(self, number: int, start: int) -> Iterator[str]:
        mark = b"/%d " % number
        with self.path.open("rb") as opened:
            opened.seek(start)
            for line in opened:
                if line[STAMP_BYTES - 1 :].startswith(mark):
                    yield line[STAMP_BYTES - 1 + len(mark) :].decode("utf-8", "replace")

    def write(self, sure: bytes) -> None:
        if not sure or self.is_full:
            return
        stamp = stamped()
        body = sure.replace(b"\n", b"\n" + stamp)
        ends = sure.endswith(b"\n")
        self.put(stamp if self.fresh_line else b"", body, len(body) - len(stamp) if ends else len(body))
        self.fresh_line = ends

    def put(self, before: bytes, data: bytes, size: int) -> None:
        """These bytes, and of those as many."""
        if self.is_full:
            return
        if self.size + len(before) + size > self.bytes_max - END_BYTES:
            before, data = b"", self.last(before + data[:size])
            size = len(data)
        self.append([memoryview(before), memoryview(data)[:size]])
        self.ends_line = data[size - 1 : size] == b"\n"
        self.on_written()

    def last(self, data: bytes) -> bytes:
        """As much as there is room for, and a line that says that it is not all."""
        self.is_full = True
        room = self.bytes_max - END_BYTES - self.size
        kept = data[: data.rfind(b"\n", 0, max(room, 0)) + 1]
        # The line before may have been written in part.
        gap = b"" if kept or self.ends_line else b"\n"
        words = f"The log ends here: it may have {self.bytes_max:,} bytes. The job goes on.\n"
        self.fresh_line = True
        return kept + gap + stamped() + words.encode()

    def append(self, parts: list[memoryview]) -> None:
        while parts := [part for part in parts if part]:
            written = os.writev(self.file, parts)
            self.size += written
            for number, part in enumerate(parts):
                parts[number], written = part[written:], max(0, written - len(part))


class SideLines(Lines):
    """What a step in the background says: in the job's log, between the lines of the others."""

    def __init__(self, log: Log, number: int) -> None:
        super().__init__(log.values, log.lock)
        self.log = log
        self.mark = b"/%d " % number
        self.pending = b""
        """Without secrets, but no whole line yet, or in the middle of a line of the others."""
        self.is_over = False
        self.hide_everywhere = log.hide_everywhere

    @property
    def offset(self) -> int:
        return self.log.offset

    def aside(self, number: int) -> "SideLines":
        return self.log.aside(number)

    def words_of(self, number: int, start: int) -> Iterator[str]:
        return self.log.words_of(number, start)

    def let_go(self) -> None:
        super().let_go()
        if self.pending:
            with self.lock:
                self.write(b"")

    def write(self, sure: bytes) -> None:
        log = self.log
        if self.is_over:
            return
        self.pending += sure
        self.fresh_line = self.pending.endswith(b"\n") or not self.pending
        if len(self.pending) > LINE_BYTES_MAX and b"\n" not in self.pending:
            self.pending += b"\n"
        whole = self.pending.rfind(b"\n") + 1
        if not log.fresh_line and whole > PENDING_BYTES_MAX:
            log.write(b"\n")
        if not whole or not log.fresh_line:
            return
        lines, self.pending = self.pending[:whole], self.pending[whole:]
        stamp = stamped()[:-1] + self.mark
        body = lines.replace(b"\n", b"\n" + stamp)
        log.put(stamp, body, len(body) - len(stamp))

    def close(self) -> None:
        """All that was said is written."""
        with self.lock:
            self.settle()
            if self.pending and not self.log.fresh_line:
                self.log.write(b"\n")
            self.write(b"")
            self.is_over = True
            if self in self.log.others:
                self.log.others.remove(self)


def stamped() -> bytes:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3].encode() + b"Z "
