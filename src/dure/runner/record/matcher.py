"""Problem matchers: what tools print about places in files, recognised by patterns that an action brings along.

The file is GitHub's: `{"problemMatcher": [{"owner", "severity", "pattern": [{"regexp", "file", "line", …, "loop"}]}]}`.
A pattern of several lines is found when its lines follow one another; the last of them may repeat.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
from msgspec import Struct

from dure.kit import Refused, say

COLOURS = re.compile(r"\x1b\[[0-9;]*m?")
SEVERITIES = ("", "error", "warning", "notice")
NAMED_GROUP = re.compile(r"(?<!\\)\(\?<(?=[A-Za-z_])")
LINE_CHARACTERS_MAX = 8192


class MatcherBroken(Refused):
    """The file of a problem matcher says something that cannot be."""


class PatternSaid(Struct, rename="camel"):
    regexp: str = ""
    file: int | None = None
    line: int | None = None
    column: int | None = None
    severity: int | None = None
    code: int | None = None
    message: int | None = None
    from_path: int | None = None
    loop: bool = False


class MatcherSaid(Struct):
    owner: str = ""
    severity: str = ""
    pattern: list[PatternSaid] = []


class MatchersSaid(Struct, rename="camel"):
    problem_matcher: list[MatcherSaid] = []


@dataclass(frozen=True)
class Pattern:
    regexp: re.Pattern[str]
    groups: Mapping[str, int]
    loop: bool


@dataclass
class Matcher:
    owner: str
    severity: str
    patterns: Sequence[Pattern]
    running: list[dict[str, str] | None] = field(default_factory=list)
    """Of each pattern but the last: what it and those before it have found in the lines before this one."""

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.running = [None] * (len(self.patterns) - 1)

    def match(self, line: str) -> dict[str, str] | None:
        """What a problem that ends in this line says, by the names that patterns use."""
        last = len(self.patterns) - 1
        for number in range(last, -1, -1):
            before = self.running[number - 1] if number else {}
            if before is None:
                continue
            pattern = self.patterns[number]
            found = pattern.regexp.search(line)
            if number < last:
                self.running[number] = joined(before, pattern, found) if found else None
            elif found:
                self.reset()
                if pattern.loop:
                    self.running[number - 1] = before
                return {"severity": self.severity, **filled(joined(before, pattern, found))}
            elif number:
                self.running[number - 1] = None
        return None


def joined(before: Mapping[str, str], pattern: Pattern, found: re.Match[str]) -> dict[str, str]:
    """What earlier lines have said counts."""
    return {**{name: found[group] or "" for name, group in pattern.groups.items()}, **before}


def filled(problem: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in problem.items() if value}


def read_matchers(data: bytes) -> list[Matcher]:
    try:
        said = msgspec.json.decode(with_lists(data), type=MatchersSaid).problem_matcher
    except (msgspec.MsgspecError, RecursionError) as error:
        raise MatcherBroken(say("This is no problem matcher: {why}.", why=str(error))) from error
    matchers = [matcher_of(one) for one in said]
    owners = [matcher.owner.lower() for matcher in matchers]
    for owner in owners:
        if owners.count(owner) > 1:
            raise MatcherBroken(say("Two problem matchers have the owner {owner}.", owner=owner))
    return matchers


def with_lists(data: bytes) -> bytes:
    """A `pattern` alone is a list of one."""
    whole = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    if isinstance(whole, dict) and isinstance(whole.get("problemMatcher"), list):
        for one in whole["problemMatcher"]:
            if isinstance(one, dict) and isinstance(one.get("pattern"), dict):
                one["pattern"] = [one["pattern"]]
    return msgspec.json.encode(whole)


def matcher_of(said: MatcherSaid) -> Matcher:
    if not said.owner:
        raise MatcherBroken(say("A problem matcher has no owner."))
    if said.severity.lower() not in SEVERITIES:
        raise MatcherBroken(
            say("The severity {word} of {owner} is none that there is.", word=said.severity, owner=said.owner)
        )
    if not said.pattern:
        raise MatcherBroken(say("The problem matcher {owner} has no pattern.", owner=said.owner))
    seen: set[str] = set()
    patterns = []
    for number, one in enumerate(said.pattern):
        pattern = pattern_of(said.owner, one)
        if one.loop and (number == 0 or number < len(said.pattern) - 1 or one.message is None):
            raise MatcherBroken(
                say(
                    "Only the last of several patterns of {owner} may loop, and it must say the message.",
                    owner=said.owner,
                )
            )
        if twice := seen & pattern.groups.keys():
            raise MatcherBroken(say("{owner} says twice where {name} is.", owner=said.owner, name=min(twice)))
        seen |= pattern.groups.keys()
        patterns.append(pattern)
    if "message" not in seen:
        raise MatcherBroken(say("No pattern of {owner} says where the message is.", owner=said.owner))
    return Matcher(said.owner, said.severity.lower(), patterns)


def pattern_of(owner: str, said: PatternSaid) -> Pattern:
    try:
        # Digits and words are those of ASCII in JavaScript, and names of groups are written otherwise there.
        regexp = re.compile(NAMED_GROUP.sub("(?P<", said.regexp), re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise MatcherBroken(say("A pattern of {owner} cannot be read: {why}.", owner=owner, why=str(error))) from error
    told = {
        "file": said.file,
        "line": said.line,
        "column": said.column,
        "severity": said.severity,
        "code": said.code,
        "message": said.message,
        "fromPath": said.from_path,
    }
    groups = {name: group for name, group in told.items() if group is not None}
    for name, group in groups.items():
        if not 0 <= group <= regexp.groups:
            raise MatcherBroken(say("{owner} has no group {group} for {name}.", owner=owner, group=group, name=name))
    return Pattern(regexp, groups, said.loop)


def plain_line(line: str) -> str:
    """Without colours, and not longer than a pattern should have to look through."""
    line = line.rstrip("\r\n")[:LINE_CHARACTERS_MAX]
    return COLOURS.sub("", line) if "\x1b[" in line else line
