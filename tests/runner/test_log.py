"""The log: masked, stamped, limited, and the same however the output was cut into pieces."""

import re
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from dure.runner.record import Lines, Log, read_command, read_pairs

STAMP = re.compile(rb"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ", re.MULTILINE)


def written(path: Path, pieces: list[bytes], secrets: tuple[str, ...] = (), bytes_max: int = 10**6) -> bytes:
    path.unlink(missing_ok=True)
    log = Log(path, bytes_max, secrets)
    log.heed = lambda line: f"<{line.strip()}>\n"
    for piece in pieces:
        log.read(piece)
    log.settle()
    data = path.read_bytes()
    assert log.offset == len(data) <= bytes_max
    return data


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@given(
    parts=st.lists(st.sampled_from([b"secret-1", b"secr", b"et-1", b"a", b"\n", b"::x::", b" ", b"\t"]), max_size=30)
)
@settings(max_examples=200, deadline=None)
def test_cuts_make_no_difference(parts: list[bytes]) -> None:
    data = b"".join(parts)
    with TemporaryDirectory() as directory:
        whole = written(Path(directory, "log"), [data], ("secret-1",))
        in_bytes = written(Path(directory, "log"), cut(data, 1), ("secret-1",))

    assert STAMP.sub(b"", whole) == STAMP.sub(b"", in_bytes)
    assert b"secret-1" not in whole
    assert all(STAMP.match(line) for line in whole.splitlines())


def test_a_log_that_is_too_long_says_that_it_ends(tmp_path: Path) -> None:
    data = written(tmp_path / "log", cut(b"x" * 70 + b"\n" + b"y" * 500 + b"\n", 100) * 50, bytes_max=3000)

    assert len(data) > 2000
    assert data.endswith(b"Z The log ends here: it may have 3,000 bytes. The job goes on.\n")
    assert all(STAMP.match(line) for line in data.splitlines())


@given(
    steps=st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from([b"secr", b"et-1", b"ab", b"\n", b"c\nd"])), max_size=40
    )
)
@settings(max_examples=200, deadline=None)
def test_lines_of_several_steps_never_mix(steps: list[tuple[int, bytes]]) -> None:
    with TemporaryDirectory() as directory:
        path = Path(directory, "log")
        log = Log(path, 10**6, ("secret-1",))
        logs: list[Lines] = [log, log.aside(1), log.aside(2)]
        for number, piece in steps:
            logs[number].read(piece)
            logs[number].let_go()
        for each in reversed(logs):
            each.close()
        whole = path.read_bytes()

    for number in range(3):
        said = b"".join(piece for whose, piece in steps if whose == number)
        mark = b"/%d " % number if number else b" "
        lines = [line[25 - 1 + len(mark) :] for line in whole.splitlines() if line[24:].startswith(mark)]
        assert b"\n".join(lines) == re.sub(b"(secret-1)+", b"***", said).removesuffix(b"\n")
    assert b"secret-1" not in whole


def test_a_line_that_never_ends_does_not_keep_the_others_waiting(tmp_path: Path) -> None:
    log = Log(tmp_path / "log", 10**9, ())
    side = log.aside(3)
    log.read(b"x" * 100_000)
    for _ in range(60):
        side.read(b"y" * 40_000 + b"\n")

    assert (tmp_path / "log").read_bytes().count(b"Z/3 yyy") > 20


def test_a_line_that_never_ends_is_written_piece_by_piece(tmp_path: Path) -> None:
    log = Log(tmp_path / "log", 10**9, ())
    for _ in range(100):
        log.read(b"x" * 10_000)

    assert log.offset > 900_000
    assert len(log.held) <= 64 << 10


def test_dots_are_seen_before_their_line_ends(tmp_path: Path) -> None:
    log = Log(tmp_path / "log", 10**6, ())
    log.read(b"....")
    log.let_go()
    assert (tmp_path / "log").read_bytes().endswith(b"Z ....")
    log.read(b"..\n::not a command? no: a line of its own\n")
    log.settle()
    assert STAMP.sub(b"", (tmp_path / "log").read_bytes()).splitlines()[0] == b"......"


def test_commands_as_they_are_written() -> None:
    command = read_command("  ::error file=a%3Ab.py,line=12,title=x%2Cy::100%25%0Asure\r\n")
    assert command is not None
    assert command.name == "error"
    assert command.value == "100%\nsure"
    assert command.properties == {"file": "a:b.py", "line": "12", "title": "x,y"}
    assert command.number("line") == 12
    assert command.number("file") is None
    older = read_command("##[warning file=b.py;line=1]words]")
    assert older is not None
    assert (older.name, older.value, older.properties) == ("warning", "words]", {"file": "b.py", "line": "1"})
    assert read_command("::endgroup::") is not None
    for line in ("std::string", "::", ":: x ::", "a ::error::b", "##[]", "::no end"):
        assert read_command(line) is None


def test_names_and_values_as_they_are_written() -> None:
    text = "a=1\r\n\nb=x=y<<z\nc<<EOF\nline 1\n\nline=2<<\nEOF\nd<<E=E\nx\nE=E\nempty=\n"
    assert read_pairs(text, "GITHUB_ENV") == [
        ("a", "1\r"),
        ("b", "x=y<<z"),
        ("c", "line 1\n\nline=2<<"),
        ("d", "x"),
        ("empty", ""),
    ]


def test_no_line_takes_long_to_read() -> None:
    began = time.perf_counter()
    for line in ("::x" + " " * 60_000, "::x " + ": " * 30_000, "##[x" + " " * 60_000, " " * 60_000 + "::"):
        assert read_command(line) is None

    assert time.perf_counter() - began < 1
