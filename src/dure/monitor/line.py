"""One line of a log: when it was written, how serious it sounds, its words made harmless, and how they are sought."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from dure.kit import Invalid, say
from dure.monitor.store import LOG_DAYS, Level

BODY_CHARACTERS_MAX = 16_000
GUESSED_CHARACTERS = 300
STAMP = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})Z ")
COLOURS = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?")
AHEAD_SECONDS_MAX = 60
"""A line may claim to come from the future by so much; clocks differ."""

SHOWN = {
    **{code: 0x2400 + code for code in range(32) if code != 9},
    0x7F: 0x2421,
    **dict.fromkeys(range(0x80, 0xA0), 0xFFFD),
}
"""Control characters become their pictures: seen, and without effect. The tab stays."""

NAMED = re.compile(r"""\b(?:level|severity|lvl)"?\s*[=:]\s*"?([A-Za-z]+)""", re.IGNORECASE)
SPOKEN = re.compile(
    r"\b(FATAL|PANIC|CRITICAL|CRIT|ERROR|ERR|WARNING|WARN|INFO|NOTICE|DEBUG|TRACE)\b"
    r"|\[(fatal|critical|crit|error|err|warning|warn|info|notice|debug|trace)\]"
    r"|^(?:\S+ )?(fatal|panic|critical|error|warning|warn|info|debug)(?: error)?: "
    r"|^(Traceback) \(most recent call last\)"
    r"|^([A-Za-z_][\w.]*(?:Error|Exception)): "
)
WORDS: dict[str, Level] = {
    **dict.fromkeys(("fatal", "panic", "critical", "crit", "error", "err", "traceback"), "error"),
    **dict.fromkeys(("warning", "warn"), "warning"),
    **dict.fromkeys(("info", "information", "notice"), "info"),
    **dict.fromkeys(("debug", "trace"), "debug"),
}


@dataclass(frozen=True)
class Said:
    """A line that was read."""

    ts: float
    level: Level
    body: str


def read_line(raw: bytes, now: float) -> Said:
    """`2026-11-21T09:44:00.123Z text`. What does not begin so was written now."""
    stamp = STAMP.match(raw)
    text = raw[stamp.end() :] if stamp else raw
    body = clean(text)
    return Said(written_at(stamp[1].decode(), now) if stamp else now, level_in(body), body)


def written_at(stamp: str, now: float) -> float:
    try:
        ts = datetime.fromisoformat(stamp).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return now
    return ts if now - LOG_DAYS * 86_400 < ts < now + AHEAD_SECONDS_MAX else now


def clean(text: bytes) -> str:
    """Whatever bytes an application writes, as words that harm neither store nor page nor terminal."""
    kept = text[: 4 * BODY_CHARACTERS_MAX].decode(errors="replace").rstrip("\r\n")
    if "\x1b" in kept:
        kept = COLOURS.sub("", kept)
    if not kept.isprintable():
        kept = kept.translate(SHOWN)
    if len(kept) > BODY_CHARACTERS_MAX or len(text) > 4 * BODY_CHARACTERS_MAX:
        return f"{kept[:BODY_CHARACTERS_MAX]}… ({len(text)} B)"
    return kept


def level_in(body: str) -> Level:
    """A guess, from how programs usually say it. Empty: it does not say."""
    head = body[:GUESSED_CHARACTERS]
    if (named := NAMED.search(head)) and (level := WORDS.get(named[1].lower())):
        return level
    spoken = SPOKEN.search(head)
    if spoken is None:
        return ""
    return "error" if spoken[5] else WORDS[(spoken[1] or spoken[2] or spoken[3] or spoken[4]).lower()]


WORDS_MAX, WORD_CHARACTERS_MAX = 8, 60
SOUGHT = re.compile(r'"([^"]*)"?|(\S+)')


def words_in(query: str) -> tuple[str, ...]:
    """What somebody seeks: words, and "several words" that stand together."""
    found = [quoted.strip() or word for quoted, word in SOUGHT.findall(query)]
    words = tuple(word for word in found if word)
    if len(words) > WORDS_MAX or any(len(word) > WORD_CHARACTERS_MAX for word in words):
        problem = say("At most {count} words of {length} letters each.", count=WORDS_MAX, length=WORD_CHARACTERS_MAX)
        raise Invalid({"q": problem})
    return words
