"""How words stand on a terminal: columns, colour, and nothing that moves the cursor."""

import io

import pytest

from dure.kit import columns_of, language_here, paint, plain, table


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_korean_takes_two_columns() -> None:
    assert columns_of("두레") == 4
    assert columns_of("e\u0301") == 1


def test_columns_line_up_whatever_the_language() -> None:
    lines = table(["Name", "State"], [["두레", "열림"], ["shop", "open"]]).splitlines()
    assert [columns_of(line[: line.index(word)]) for line, word in zip(lines[1:], ["열림", "open"], strict=True)] == [
        6,
        6,
    ]


def test_the_widest_column_gives_way() -> None:
    lines = table(["#", "Title"], [["1", "word " * 40]], columns_max=40).splitlines()
    assert all(columns_of(line) <= 40 for line in lines)
    assert lines[1].endswith("…")


def test_what_others_wrote_cannot_move_the_cursor() -> None:
    assert plain("a\x1b[2Jb\nc\u202ed\u2066e") == "a [2Jb cde"
    assert "\x1b" not in table(["a"], [["\x1b]0;title\x07"]])


def test_colour_only_where_somebody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert paint("well", "good", Terminal()) == "\x1b[32mwell\x1b[0m"
    assert paint("well", "good", io.StringIO()) == "well"
    monkeypatch.setenv("NO_COLOR", "1")
    assert paint("well", "good", Terminal()) == "well"


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "ko_KR.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
        ({"LANG": "ko_KR.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANGUAGE": "de:ko:en", "LANG": "en_US"}, "ko"),
        ({"DURE_LANGUAGE": "ko", "LC_ALL": "en_US.UTF-8"}, "ko"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
    ],
)
def test_the_language_of_the_environment(environment: dict[str, str], language: str) -> None:
    assert language_here(environment) == language
