"""Lines as applications write them, the worst ones too."""

import time

import pytest

from dure.kit import Invalid
from dure.monitor.line import BODY_CHARACTERS_MAX, clean, level_in, read_line, words_in

NOW = 1_795_000_000.0


def test_a_line_says_when_it_was_written() -> None:
    said = read_line(b"2026-11-18T11:06:30.123Z hello", NOW)

    assert said.ts == pytest.approx(NOW - 9.877)
    assert (said.body, said.level) == ("hello", "")


@pytest.mark.parametrize(
    "raw",
    [b"no stamp", b"2026-99-18T11:06:30.123Z x", b"1970-01-01T00:00:00.000Z x", b"2999-01-01T00:00:00.000Z x"],
)
def test_a_stamp_that_cannot_be_true_means_now(raw: bytes) -> None:
    assert read_line(raw, NOW).ts == NOW


def test_bytes_become_harmless_words() -> None:
    assert clean(b"a\x00b\x1b[31mred\x1b[0m\x07\r") == "a␀bred␇"
    assert clean(b"\xff\xfe broken \xed\xa0\x80").isprintable()
    assert clean(b"\x1b]0;title\x07tab\there") == "tab\there"
    assert clean("주문 café\u0085".encode()) == "주문 café�"


def test_a_line_of_a_megabyte_keeps_its_head_and_says_its_size() -> None:
    body = clean(b"x" * 1_000_000)

    assert body == "x" * BODY_CHARACTERS_MAX + "… (1000000 B)"


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ('{"level":"error","msg":"x"}', "error"),
        ("ts=1 level=warn msg=x", "warning"),
        ("ERROR: could not", "error"),
        ("2026/11/21 [error] 12#0: x", "error"),
        ("error: no such file", "error"),
        ("ValueError: nothing", "error"),
        ("Traceback (most recent call last):", "error"),
        ("INFO:     Started server", "info"),
        ("[debug] x", "debug"),
        ("GET /errors 200", ""),
        ("found 0 errors, an error or two", ""),
        ("", ""),
    ],
)
def test_how_serious_a_line_sounds(line: str, level: str) -> None:
    assert level_in(line) == level


def test_hostile_lines_take_no_time() -> None:
    began = time.perf_counter()
    for line in (b"\x1b]" * 100_000, b"[" * 100_000, b"level" * 50_000, b"\x1b[" + b"0;" * 100_000, b" " * 100_000):
        read_line(line, NOW)

    assert time.perf_counter() - began < 1.0


def test_words_and_words_together() -> None:
    assert words_in(' one "two three"  주문 ') == ("one", "two three", "주문")
    assert words_in('"open') == ("open",)
    assert words_in("") == ()
    with pytest.raises(Invalid):
        words_in("a " * 9)
    with pytest.raises(Invalid):
        words_in("a" * 61)
