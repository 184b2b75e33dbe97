"""Logs read on from where we stopped."""

from pathlib import Path

import pytest

from dure.monitor import tail
from dure.monitor.tail import Position, read_on


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "web.log"


def append(log: Path, words: bytes) -> None:
    with log.open("ab") as file:
        file.write(words)


def rotate(log: Path) -> None:
    log.rename(log.with_name(f"{log.name}.1"))


def test_only_whole_lines_and_each_once(log: Path) -> None:
    nothing = read_on(log, Position())
    append(log, b"one\ntwo\nthr")
    first = read_on(log, nothing.position)
    again = read_on(log, first.position)
    append(log, b"ee\n")
    last = read_on(log, again.position)

    assert [found.lines for found in (nothing, first, again, last)] == [[], [b"one", b"two"], [], [b"three"]]


def test_a_rotated_log_is_read_to_its_end_first(log: Path) -> None:
    append(log, b"one\n")
    first = read_on(log, Position())
    append(log, b"two\nlast words")
    rotate(log)
    append(log, b"new\n")

    assert read_on(log, first.position).lines == [b"two", b"last words", b"new"]


def test_a_rotation_before_anything_is_written_anew(log: Path) -> None:
    append(log, b"one\n")
    first = read_on(log, Position())
    append(log, b"two\n")
    rotate(log)
    between = read_on(log, first.position)
    append(log, b"new\n")

    assert between.lines == []
    assert read_on(log, between.position).lines == [b"two", b"new"]


def test_two_rotations_lose_what_is_gone_and_no_more(log: Path) -> None:
    append(log, b"one\n")
    first = read_on(log, Position())
    for word in (b"two\n", b"three\n"):
        rotate(log)
        append(log, word)

    assert read_on(log, first.position).lines == [b"three"]


def test_a_log_that_was_cut_begins_anew(log: Path) -> None:
    append(log, b"one\ntwo\n")
    first = read_on(log, Position())
    log.write_bytes(b"x\n")

    assert read_on(log, first.position).lines == [b"x"]


def test_a_line_without_end_keeps_its_head_alone(log: Path) -> None:
    append(log, b"a" * (3 * tail.LINE_BYTES_MAX))
    first = read_on(log, Position(), bytes_max=tail.LINE_BYTES_MAX)
    position, seen = first.position, list(first.lines)
    append(log, b"b" * tail.LINE_BYTES_MAX + b"\nnext\n")
    for _ in range(5):
        found = read_on(log, position, bytes_max=tail.LINE_BYTES_MAX)
        position = found.position
        seen += found.lines

    assert seen == [b"a" * tail.LINE_BYTES_MAX, b"next"]


def test_who_writes_too_fast_is_followed_from_the_newest_on(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail, "BEHIND_BYTES_MAX", 1000)
    append(log, b"".join(b"line %04d\n" % number for number in range(1000)))

    found = read_on(log, Position())

    assert found.skipped_bytes == 9000
    assert found.lines[-1] == b"line 0999"
    assert len(found.lines) == 99, "the line that is cut by the jump is passed over"


def test_reading_is_bounded_and_goes_on(log: Path) -> None:
    append(log, b"".join(b"line %06d\n" % number for number in range(100_000)))
    position, seen = Position(), 0
    for _ in range(20):
        found = read_on(log, position, bytes_max=300_000)
        assert sum(map(len, found.lines)) <= 300_000
        position, seen = found.position, seen + len(found.lines)

    assert seen == 100_000
