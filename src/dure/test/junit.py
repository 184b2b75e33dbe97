"""JUnit's XML, as test tools of all languages write it.

It comes from a job, so from anybody who may push: entities are refused with the document type that declares them, and
everything has a limit. It is read as a stream, so that a large report does not stand in memory twice.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import isfinite
from typing import Literal, TypeAlias
from xml.parsers import expat

from dure.kit import Refused, Text, say

State: TypeAlias = Literal["passed", "failed", "error", "skipped"]

BYTES_MAX = 20 * 1024 * 1024
CASES_MAX = 50_000
DEPTH_MAX = 32
NAME_CHARACTERS_MAX = 500
MESSAGE_CHARACTERS_MAX = 64 * 1024
MESSAGES_CHARACTERS_MAX = 4 * 1024 * 1024
"""All messages of one report together. Past this each keeps only its beginning."""
BEGINNING_CHARACTERS = 500
SECONDS_MAX = 10**7

ROOTS = frozenset(("testsuites", "testsuite"))
STATES: dict[str, State] = {"failure": "failed", "error": "error", "skipped": "skipped"}
NOT_RUN = frozenset(("notrun", "skipped", "suppressed", "disabled"))
FLAKY = frozenset(("flakyFailure", "flakyError"))
WORST_FIRST: tuple[State, ...] = ("error", "failed", "passed", "skipped")

Why: TypeAlias = Literal["xml", "doctype", "root", "empty", "size", "cases", "depth", "gone"]


def sentence(why: str, line: int, detail: str) -> Text:
    """Why a report cannot be read, for whoever wrote it."""
    known = {
        "xml": say("It is not XML: {detail} in line {line}. Look at the tool that wrote it.", detail=detail, line=line),
        "doctype": say("It declares a document type in line {line}, which is not allowed. Leave it out.", line=line),
        "root": say("It is not JUnit XML: it begins with <{detail}>, not with <testsuites>.", detail=detail),
        "empty": say("It is empty. Did the tests run to their end?"),
        "size": say("It is larger than {count} MB. Split it.", count=BYTES_MAX // 1024 // 1024),
        "cases": say("It holds more than {count} tests. Split it.", count=CASES_MAX),
        "depth": say("It is nested more deeply than {depth} levels.", depth=DEPTH_MAX),
        "gone": say("Its bytes are not in the storage any more. Run the job again."),
    }
    return known.get(why, say("It cannot be read."))


class ReportBroken(Refused):
    """The report cannot be read. The parts are kept, the sentence is made of them for each reader."""

    def __init__(self, why: Why, line: int = 0, detail: str = "") -> None:
        super().__init__(sentence(why, line, detail))
        self.why, self.line, self.detail = why, line, detail


@dataclass
class Outcome:
    """What came of one test."""

    suite: str
    name: str
    file: str
    seconds: float
    state: State = "passed"
    message: str = ""
    flaky: bool = False
    """It failed and went well when it was tried again at once."""


def read_junit(pieces: Iterable[bytes]) -> list[Outcome]:
    """Every test of a report, in its order. It raises ReportBroken and nothing else."""
    reader = Reader()
    read = 0
    for piece in pieces:
        read += len(piece)
        if read > BYTES_MAX:
            raise ReportBroken("size")
        reader.feed(piece, last=False)
    if not read:
        raise ReportBroken("empty")
    reader.feed(b"", last=True)
    return list(reader.outcomes.values())


@dataclass
class Reader:
    """Walks over the elements of a report."""

    outcomes: dict[tuple[str, str], Outcome] = field(default_factory=dict)
    suites: list[str] = field(default_factory=list)
    case: Outcome | None = None
    text: list[str] | None = None
    """What is being said about the case; None outside of failures."""
    text_left: int = 0
    depth: int = 0
    said: int = 0
    cases: int = 0

    def __post_init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters

    def feed(self, piece: bytes, *, last: bool) -> None:
        try:
            self.parser.Parse(piece, last)
        except expat.ExpatError as error:
            raise ReportBroken("xml", error.lineno, expat.ErrorString(error.code)) from error
        except (LookupError, ValueError) as error:
            raise ReportBroken("xml", 1, str(error)[:100]) from error

    def doctype(self, name: str, system_id: str | None, public_id: str | None, internal: bool) -> None:  # noqa: ARG002
        raise ReportBroken("doctype", self.parser.CurrentLineNumber)

    def start(self, name: str, given: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > DEPTH_MAX:
            raise ReportBroken("depth")
        name = name.rpartition(":")[2]
        if self.depth == 1 and name not in ROOTS:
            raise ReportBroken("root", detail=name[:50])
        if name == "testsuite":
            self.suites.append(given.get("name", ""))
        elif name == "testcase" and self.case is None:
            self.begin(given)
        elif self.case is not None:
            self.about(self.case, name, given)

    def begin(self, given: dict[str, str]) -> None:
        self.cases += 1
        if self.cases > CASES_MAX:
            raise ReportBroken("cases")
        suite = given.get("classname") or (self.suites[-1] if self.suites else "")
        not_run = given.get("status", "").lower() in NOT_RUN or given.get("result", "").lower() in NOT_RUN
        self.case = Outcome(
            suite=suite[:NAME_CHARACTERS_MAX],
            name=(given.get("name") or suite or "?")[:NAME_CHARACTERS_MAX],
            file=given.get("file", "")[:NAME_CHARACTERS_MAX],
            seconds=seconds_in(given.get("time", "")),
            state="skipped" if not_run else "passed",
        )

    def about(self, case: Outcome, name: str, given: dict[str, str]) -> None:
        """What an element inside a case says of it."""
        state = STATES.get(name)
        if name in FLAKY:
            case.flaky = True
        if state is None:
            return
        if case.state == "passed" or worse(state, case.state):
            case.state = state
        kind, message = given.get("type", ""), given.get("message", "")
        self.text = [message] if message else [kind] if kind else []
        self.text_left = MESSAGE_CHARACTERS_MAX - sum(map(len, self.text))

    def characters(self, words: str) -> None:
        if self.text is not None and self.text_left > 0:
            self.text.append(words[: self.text_left])
            self.text_left -= len(words)

    def end(self, name: str) -> None:
        self.depth -= 1
        name = name.rpartition(":")[2]
        if name == "testsuite" and self.suites:
            self.suites.pop()
        elif self.case is None:
            return
        elif name == "testcase":
            self.settle(self.case)
            self.case = None
        elif name in STATES and self.text is not None:
            self.case.message = joined(self.case.message, self.text)
            self.text = None

    def settle(self, case: Outcome) -> None:
        """One test may stand in a report several times; then the worst counts, and the times are added."""
        limit = MESSAGE_CHARACTERS_MAX if self.said < MESSAGES_CHARACTERS_MAX else BEGINNING_CHARACTERS
        case.message = case.message[:limit]
        self.said += len(case.message)
        known = self.outcomes.setdefault((case.suite, case.name), case)
        if known is not case:
            known.seconds = min(known.seconds + case.seconds, SECONDS_MAX)
            known.flaky = known.flaky or case.flaky
            if worse(case.state, known.state):
                known.state, known.message = case.state, case.message


def worse(one: State, other: State) -> bool:
    return WORST_FIRST.index(one) < WORST_FIRST.index(other)


def joined(before: str, pieces: list[str]) -> str:
    """The message, and what is said at length unless it only says the message again."""
    head, rest = (pieces[0], "".join(pieces[1:]).strip()) if pieces else ("", "")
    said = rest if rest.startswith(head) else f"{head}\n{rest}".strip()
    return f"{before}\n{said}".strip()


def seconds_in(words: str) -> float:
    """A duration; some tools write 1,234.5."""
    try:
        seconds = float(words.replace(",", ""))
    except ValueError:
        return 0.0
    return min(max(seconds, 0.0), SECONDS_MAX) if isfinite(seconds) else 0.0
