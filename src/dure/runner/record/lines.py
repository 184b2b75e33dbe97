"""What a job prints, line by line: secrets are masked and commands are heard before anything is written anywhere.

It comes in large pieces and is treated in large pieces. Only lines that look like workflow commands are looked at one
by one, and all lines while somebody looks for problems in them.
"""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator

from dure.kit import HIDDEN_BYTES_MIN, Mask
from dure.runner.record.command import BEGINNING

LINE_BYTES_MAX = 64 << 10
"""A line may be longer; it is then written piece by piece, and is no command."""


class Lines(ABC):
    """`read` what the job prints, `tell` what we say. `heed` is asked about each line that may be a command."""

    fresh_line = True
    """Whether what is written next begins a line."""

    def __init__(self, secrets: Iterable[str], lock: "threading.RLock") -> None:
        self.lock = lock
        self.heed: Callable[[str], str | None] = lambda line: line
        self.look: Callable[[str], str | None] = lambda _: None
        """Asked about every other line while `looks`; what it says is shown instead."""
        self.looks = False
        self.others: list[Lines] = []
        """Those of steps in the background, which know the same secrets."""
        self.values: set[str] = set()
        self.mask = Mask(())
        self.once = Mask(())
        self.held = b""
        self.starts_line = True
        self.hide_everywhere = self.hide_in_all
        self.hide(secrets)

    @property
    @abstractmethod
    def offset(self) -> int:
        """How many bytes of the log there are."""

    @abstractmethod
    def write(self, sure: bytes) -> None:
        """These bytes hold no secret, and none begins at their end."""

    @abstractmethod
    def aside(self, number: int) -> "Lines":
        """Where a step in the background writes."""

    @abstractmethod
    def words_of(self, number: int, start: int) -> Iterator[str]:
        """The lines of a step in the background, from a byte of the log on."""

    def close(self) -> None:
        """All that was said is written."""
        self.settle()

    def hide(self, values: Iterable[str]) -> None:
        """Stars instead of these, from now on."""
        with self.lock:
            fresh = {value for value in values if len(value.strip().encode()) >= HIDDEN_BYTES_MIN} - self.values
            if fresh:
                self.values |= fresh
                self.mask.learn(fresh)
                self.once = self.mask.twin()

    def hide_in_all(self, values: Iterable[str]) -> None:
        """Here and where the others speak."""
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
