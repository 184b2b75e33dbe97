"""The log of one job: masked before it reaches the disk, with the time on every line, and with an end to its size.

What a job prints comes in large pieces and is treated in large pieces. Only lines that look like workflow commands
are looked at one by one, and all lines while somebody looks for problems in them.

A step in the background has a log of its own, which is taken into the job's as one piece once the step is over. All
logs of a job know the same secrets.
"""

import os
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from dure.kit import HIDDEN_BYTES_MIN, Mask
from dure.runner.record.command import BEGINNING

LINE_BYTES_MAX = 64 << 10
"""A line may be longer; it is then written piece by piece, and is no command."""
END_BYTES = 200
"""Room for the last line."""
STAMP_BYTES = len("2026-01-01T00:00:00.000Z ")
PIECE_BYTES = 1 << 20


class Log:
    """`read` what the job prints, `tell` what we say. `heed` is asked about each line that may be a command."""

    def __init__(
        self, path: Path, bytes_max: int, secrets: Iterable[str], lock: "threading.RLock | None" = None
    ) -> None:
        self.path = path
        self.file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.lock = threading.RLock() if lock is None else lock
        self.bytes_max = max(bytes_max, END_BYTES * 2)
        self.offset = 0
        self.heed: Callable[[str], str | None] = lambda line: line
        self.look: Callable[[str], str | None] = lambda _: None
        """Asked about every other line while `looks`; what it says is shown instead."""
        self.looks = False
        self.on_written: Callable[[], None] = lambda: None
        self.others: list[Log] = []
        self.is_full = False
        self.values: set[str] = set()
        self.mask = Mask(())
        self.once = Mask(())
        self.held = b""
        self.starts_line = True
        self.fresh_line = True
        self.ends_line = True
        self.hide_everywhere = self.hide_in_all
        self.hide(secrets)

    def hide(self, values: Iterable[str]) -> None:
        """Stars instead of these, from now on."""
        with self.lock:
            fresh = {value for value in values if len(value.strip().encode()) >= HIDDEN_BYTES_MIN} - self.values
            if fresh:
                self.values |= fresh
                self.mask.learn(fresh)
                self.once = self.mask.twin()

    def hide_in_all(self, values: Iterable[str]) -> None:
        """In this log and in those that will be taken into it."""
        with self.lock:
            for log in (self, *self.others):
                log.hide(values)

    def masked(self, words: str) -> str:
        """These words without secrets."""
        with self.lock:
            return (self.once.feed(words.encode("utf-8", "replace")) + self.once.finish()).decode("utf-8", "replace")

    def read(self, piece: bytes) -> None:
        """What the job printed, in whatever pieces it comes."""
        with self.lock:
            # Large pieces are not copied without need: here, in the mask, and on the way to the disk.
            whole = piece.rfind(b"\n") + 1
            if whole:
                lines, self.held = self.held + piece[:whole], piece[whole:]
                self.take(lines)
            else:
                self.held += piece
            if len(self.held) > LINE_BYTES_MAX:
                self.let_go()

    def let_go(self) -> None:
        """Writes what is held of a line whose end has not come, unless it may still become a command."""
        if self.held and (len(self.held) > LINE_BYTES_MAX or not self.held.lstrip().startswith((b":", b"#"))):
            with self.lock:
                held, self.held = self.held, b""
                self.write(self.mask.feed(held))
                self.starts_line = False

    def take(self, lines: bytes) -> None:
        at = 0
        # One letter is found ten times as fast as two, and most pieces have neither.
        if (b":" in lines and b"::" in lines) or (b"#" in lines and b"##[" in lines):
            for match in BEGINNING.finditer(lines):
                if match.start() < at or (match.start() == 0 and not self.starts_line):
                    continue
                end = lines.index(b"\n", match.end()) + 1
                self.pass_on(lines[at : match.start()])
                shown = self.heed(lines[match.start() : end].decode("utf-8", "replace"))
                if shown is not None:
                    self.write(self.mask.feed(shown.encode("utf-8", "replace")))
                self.starts_line = True
                at = end
        self.pass_on(lines[at:] if at else lines)
        self.starts_line = True

    def pass_on(self, lines: bytes) -> None:
        """Lines that are no commands."""
        if not (lines and self.looks):
            self.write(self.mask.feed(lines))
            return
        at = start = 0
        while at < len(lines):
            end = lines.find(b"\n", at) + 1 or len(lines)
            # Whoever looks may stop looking meanwhile.
            shown = self.look(lines[at:end].decode("utf-8", "replace")) if self.looks and self.starts_line else None
            if shown is not None:
                self.write(self.mask.feed(lines[start:at] + shown.encode("utf-8", "replace")))
                start = end
            self.starts_line = True
            at = end
        self.write(self.mask.feed(lines[start:]))

    def tell(self, words: str) -> None:
        """One or more lines of our own."""
        with self.lock:
            self.settle()
            self.write(self.mask.feed(words.encode("utf-8", "replace") + b"\n") + self.mask.finish())

    def settle(self) -> None:
        """A step is over: nothing that was held will go on."""
        with self.lock:
            rest, self.held = self.held, b""
            if rest:
                self.take(rest + b"\n")
            self.write(self.mask.finish())
            if not self.fresh_line:
                self.write(b"\n")
            self.starts_line = True

    def take_in(self, other: "Log") -> None:
        """All of another log, whose lines are masked and stamped already; it is no more then."""
        other.settle()
        self.settle()
        with other.path.open("rb") as opened:
            while lines := opened.readlines(PIECE_BYTES):
                for line in lines if self.looks else ():
                    self.look(line[STAMP_BYTES:].decode("utf-8", "replace"))
                data = b"".join(lines)
                self.put(b"", data, len(data))
        os.close(other.file)
        other.path.unlink()
        self.others.remove(other)

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
        if self.offset + len(before) + size > self.bytes_max - END_BYTES:
            before, data = b"", self.last(before + data[:size])
            size = len(data)
        self.append([memoryview(before), memoryview(data)[:size]])
        self.ends_line = data[size - 1 : size] == b"\n"
        self.on_written()

    def last(self, data: bytes) -> bytes:
        """As much as there is room for, and a line that says that it is not all."""
        self.is_full = True
        room = self.bytes_max - END_BYTES - self.offset
        kept = data[: data.rfind(b"\n", 0, max(room, 0)) + 1]
        # The line before may have been written in part.
        gap = b"" if kept or self.ends_line else b"\n"
        words = f"The log ends here: it may have {self.bytes_max:,} bytes. The job goes on.\n"
        self.fresh_line = True
        return kept + gap + stamped() + words.encode()

    def append(self, parts: list[memoryview]) -> None:
        while parts := [part for part in parts if part]:
            written = os.writev(self.file, parts)
            self.offset += written
            for number, part in enumerate(parts):
                parts[number], written = part[written:], max(0, written - len(part))


def stamped() -> bytes:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3].encode() + b"Z "
