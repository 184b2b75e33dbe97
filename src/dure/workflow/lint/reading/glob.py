"""Patterns for branches, tags, paths and versions of images."""

from collections.abc import Iterator

from dure.kit import Text, say
from dure.workflow.lint.desk import Desk
from dure.workflow.lint.source import Node

COUNTED_NOT = frozenset("?*+")
ESCAPED = frozenset("[?+*\\!")
NO_NAME = frozenset(" \t~^:")
SPACES = frozenset(" \t\n")


def check_patterns(desk: Desk, nodes: list[Node], *, of_names: bool) -> None:
    for node in nodes:
        if "${{" in node.text:
            continue
        found = next(faults(node.text, of_names=of_names), None)
        if found is not None:
            desk.note("glob", node, found)


def faults(pattern: str, *, of_names: bool) -> Iterator[Text]:
    """What is wrong with a pattern for names of branches and tags, or for paths."""
    body = pattern.removeprefix("!")
    if not body:
        yield say("The pattern '{words}' takes nothing back: write something after the !.", words=pattern)
        return
    yield from faults_of_name(body) if of_names else faults_of_path(body)
    at = 0
    while at < len(body):
        sign = body[at]
        if sign == "\\":
            if (of_names and body[at + 1 : at + 2] not in ESCAPED) or at + 1 == len(body):
                yield say(
                    "In the pattern '{words}' a backslash stands before a sign that needs none. {hint}",
                    words=pattern,
                    hint=no_regex(),
                )
            at += 2
        elif sign == "[":
            end = body.find("]", at)
            fault = fault_of_set(pattern, body[at + 1 : end] if end >= 0 else None)
            if fault is not None:
                yield fault
                return
            at = end + 1
        else:
            if sign in "?+" and (at == 0 or body[at - 1] in COUNTED_NOT):
                yield say(
                    "In the pattern '{words}' nothing stands before {sign} that it could count. {hint}",
                    words=pattern,
                    sign=sign,
                    hint=no_regex(),
                )
            at += 1


def no_regex() -> Text:
    return say("This is a pattern of GitHub's own kind, no regular expression.")


def faults_of_name(body: str) -> Iterator[Text]:
    wrong = next((sign for sign in body if sign in NO_NAME or ord(sign) < ord(" ")), None)
    if wrong is not None:
        yield say(
            "No branch or tag has '{sign}' in its name: '{words}' matches none. {hint}",
            sign=wrong,
            words=body,
            hint=no_regex(),
        )
    if body.startswith("/") or body.endswith(("/", ".")):
        yield say("No branch or tag begins with / or ends with / or a dot: '{words}' matches none.", words=body)


def faults_of_path(body: str) -> Iterator[Text]:
    if body[0] in SPACES or body[-1] in SPACES:
        yield say("A space stands at the edge of the pattern '{words}'. Remove it.", words=body.strip())
    if any(part in (".", "..") for part in body.split("/")):
        yield say(
            "Paths begin at the root of the repository and know no . and no .. : '{words}' matches none.", words=body
        )


def fault_of_set(pattern: str, inside: str | None) -> Text | None:
    if inside is None:
        return say("In the pattern '{words}' a [ has no ] after it.", words=pattern)
    if len(inside) <= 1:
        return say(
            "In the pattern '{words}' one sign or none stands in [ ]. Write the sign alone, or several.", words=pattern
        )
    place = 0
    while place < len(inside):
        if inside[place + 1 : place + 2] == "-" and place + 2 < len(inside):
            first, last = inside[place], inside[place + 2]
            if first > last:
                return say(
                    "In the pattern '{words}' the range {first}-{last} runs backwards.",
                    words=pattern,
                    first=first,
                    last=last,
                )
            place += 3
        else:
            place += 1
    return None
