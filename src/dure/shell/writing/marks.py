"""Words that stand for something: addresses, @people, and #issues of this project or another."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from markdown_it.token import Token

WORD = re.compile(
    r"(?P<address>https?://[^\s<>\"']{1,2000})"
    r"|(?<![\w@/.#&-])(?P<word>@[A-Za-z0-9][\w.-]{0,60}|(?:[\w.-]{1,60}/[\w.-]{1,60})?#[0-9]{1,9}\b)"
)
TRAILING = ".,;:!?)]}*_~-"


@dataclass(frozen=True, order=True)
class Link:
    """Where a word leads, and what it says when pointed at."""

    url: str
    title: str = ""


Resolve = Callable[[str], Link | None]
"""Asked with "@ada", "#12" or "owner/name#12". None: the word stays a word."""


def words_in(text: str) -> set[str]:
    """Every word that may stand for a person or an issue, wherever it stands."""
    return {trimmed(found["word"]) for found in WORD.finditer(text) if found["word"]}


def mark_words(tokens: Sequence[Token], resolve: Resolve) -> list[Token]:
    """The same tokens with every such word turned into a link, except inside links and code."""
    marked: list[Token] = []
    inside_link = 0
    for token in tokens:
        inside_link += (token.type == "link_open") - (token.type == "link_close")
        if token.type == "text" and not inside_link:
            marked.extend(split(token.content, resolve))
        else:
            marked.append(token)
    return marked


def split(text: str, resolve: Resolve) -> Iterator[Token]:
    start = 0
    for found in WORD.finditer(text):
        word = trimmed(found.group())
        link = Link(word) if found["address"] else resolve(word)
        if link is None:
            continue
        yield plain(text[start : found.start()])
        yield from linked(word, link, mark="" if found["address"] else "mark")
        start = found.start() + len(word)
    yield plain(text[start:])


def trimmed(word: str) -> str:
    """A full stop after an address ends the sentence; a bracket belongs to it only if it was opened inside."""
    while word[-1] in TRAILING and not (word[-1] == ")" and word.count("(") >= word.count(")")):
        word = word[:-1]
    return word


def plain(text: str) -> Token:
    return Token("text", "", 0, content=text)


def linked(word: str, link: Link, mark: str) -> Iterator[Token]:
    attributes: dict[str, str | int | float] = {"href": link.url}
    if link.title:
        attributes["title"] = link.title
    if mark:
        attributes["class"] = mark
    yield Token("link_open", "a", 1, attrs=attributes)
    yield plain(word)
    yield Token("link_close", "a", -1)
