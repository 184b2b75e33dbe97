"""JUnit XML: what is read of it, and what hostile or broken reports come to."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as some

from dure.test import Outcome, ReportBroken, read_junit

PYTEST = b"""<?xml version="1.0" encoding="utf-8"?>
<testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="1" skipped="1" tests="4" time="0.2">
<testcase classname="tests.test_cart" name="test_adds" time="0.012"/>
<testcase classname="tests.test_cart" name="test_pays[\xea\xb0\x80]" file="tests/test_cart.py" time="1,234.5">
<failure message="assert 1 == 2">def test_pays():
&gt;       assert 1 == 2
E       assert 1 == 2</failure><system-out>much noise</system-out></testcase>
<testcase classname="tests.test_cart" name="test_later" time="0"><skipped type="skip" message="not now"/></testcase>
<testcase classname="tests.test_cart" name="test_breaks" time="0.1"><error message="boom">boom
Traceback</error></testcase>
</testsuite></testsuites>"""


def read(words: str) -> list[Outcome]:
    return read_junit([words.encode()])


def test_what_pytest_writes_is_read() -> None:
    adds, pays, later, breaks = read_junit([PYTEST[:100], PYTEST[100:]])

    assert adds == Outcome("tests.test_cart", "test_adds", "", 0.012)
    assert (pays.name, pays.file, pays.seconds, pays.state) == (
        "test_pays[가]",
        "tests/test_cart.py",
        1234.5,
        "failed",
    )
    assert pays.message.startswith("assert 1 == 2\ndef test_pays():\n>       assert 1 == 2")
    assert "noise" not in pays.message
    assert (later.state, later.message) == ("skipped", "not now")
    assert (breaks.state, breaks.message) == ("error", "boom\nTraceback")


@pytest.mark.parametrize(
    ("words", "suite", "name", "state"),
    [
        ('<testsuite name="a"><testcase name="b"/></testsuite>', "a", "b", "passed"),
        ('<testsuite name="a"><testsuite name="c"><testcase name="b"/></testsuite></testsuite>', "c", "b", "passed"),
        ('<testsuite><testcase classname="X" name="b" status="notrun"/></testsuite>', "X", "b", "skipped"),
        ('<testsuite><testcase name="b"><failure/></testcase></testsuite>', "", "b", "failed"),
        ('<testsuite><testcase name="b"><skipped/><error/></testcase></testsuite>', "", "b", "error"),
        ('<testsuite><testcase name="b" time="soon"/></testsuite>', "", "b", "passed"),
        ('<testsuite><testcase name="b" time="nan"/></testsuite>', "", "b", "passed"),
        ('<j:testsuite xmlns:j="x"><j:testcase name="b"/></j:testsuite>', "", "b", "passed"),
    ],
)
def test_other_tools_are_read_too(words: str, suite: str, name: str, state: str) -> None:
    (outcome,) = read(words)

    assert (outcome.suite, outcome.name, outcome.state, outcome.seconds) == (suite, name, state, 0)


def test_one_test_that_stands_there_twice_counts_once_and_by_its_worst() -> None:
    (outcome,) = read(
        '<testsuite><testcase name="a" time="1"/><testcase name="a" time="2"><failure message="no"/></testcase>'
        '<testcase name="a" time="3"/></testsuite>'
    )

    assert (outcome.state, outcome.seconds, outcome.message) == ("failed", 6, "no")


def test_a_test_that_went_well_at_once_again_is_flaky() -> None:
    (outcome,) = read('<testsuite><testcase name="a"><flakyFailure message="x">y</flakyFailure></testcase></testsuite>')

    assert (outcome.state, outcome.flaky) == ("passed", True)


def test_messages_have_limits() -> None:
    (outcome,) = read(f'<testsuite><testcase name="a"><failure>{"x" * 200_000}</failure></testcase></testsuite>')
    assert len(outcome.message) == 64 * 1024

    case = '<testcase name="{at}"><failure>{words}</failure></testcase>'
    many = "".join(case.format(at=at, words="x" * 50_000) for at in range(150))
    outcomes = read(f"<testsuite>{many}</testsuite>")
    assert sum(len(outcome.message) for outcome in outcomes) < 5 * 1024 * 1024
    assert all(outcome.message for outcome in outcomes)


LAUGHS = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("words", "why", "line"),
    [
        (b"", "empty", 0),
        (b"not xml", "xml", 1),
        (b"<testsuite>\n<testcase></testsuite>", "xml", 2),
        (b"<testsuite>\n\n", "xml", 3),
        (b"<html></html>", "root", 0),
        (f"{LAUGHS}<testsuite>&b;</testsuite>".encode(), "doctype", 1),
        (b'<?xml version="1.0"?>\n<!DOCTYPE x SYSTEM "file:///etc/passwd"><testsuite/>', "doctype", 2),
        (b"<testsuite>&undefined;</testsuite>", "xml", 1),
        (b"<testsuite>\x00</testsuite>", "xml", 1),
        (b"<testsuite>\xff\xff</testsuite>", "xml", 1),
        (b'<?xml version="1.0" encoding="nonsense-9"?><testsuite/>', "xml", 1),
        (b"<testsuite>" + b"<testsuite>" * 100, "depth", 0),
        (b"<testsuite>" + b"<testcase/>" * 50_001, "cases", 0),
        (b"<testsuite>" + b" " * (20 * 1024 * 1024), "size", 0),
    ],
)
def test_what_is_hostile_or_broken_is_refused_with_its_reason(words: bytes, why: str, line: int) -> None:
    pieces = [words[at : at + 1_000_000] for at in range(0, len(words), 1_000_000)]

    with pytest.raises(ReportBroken) as refusal:
        read_junit(pieces)

    assert (refusal.value.why, refusal.value.line) == (why, line)
    assert str(refusal.value)


@given(
    some.binary(max_size=200) | some.text(alphabet='<>/="&; ?!abtestsuitecasefailure\n', max_size=200).map(str.encode)
)
def test_bytes_are_read_or_refused_and_nothing_else(words: bytes) -> None:
    with suppress(ReportBroken):
        read_junit([words])
    with suppress(ReportBroken):
        read_junit([b"<testsuite><testcase name='a'>", words, b"</testcase></testsuite>"])
