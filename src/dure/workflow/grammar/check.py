"""Whether a file fits the grammar: every key, every kind of value, every expression. GitHub's sentences and places."""

import re
from collections.abc import Iterable

from dure.kit import say
from dure.workflow.document import YamlList, YamlMap, YamlNode, YamlScalar
from dure.workflow.expression import ExpressionBroken, has_expression, in_template, parse_expression
from dure.workflow.grammar.notes import Notes, meant
from dure.workflow.grammar.shape import Entries, Place
from dure.workflow.syntax import Reach

INSERT, EXPRESSION, WORDS = "insert", "expression", "words"
UNTOLD = frozenset(("wait", "wait-all", "cancel"))
"""Whoever has forgotten what a step does hardly means one of these; GitHub does not name them either."""
DIRECTIVE = re.compile(rf"{INSERT}(?:\s+(?P<more>.*))?", re.DOTALL)


def check(notes: Notes, node: YamlNode, place: Place) -> None:
    """Note whatever does not fit."""
    if type(node) is YamlScalar:
        check_scalar(notes, node, place)
    elif isinstance(node, YamlMap):
        check_mapping(notes, node, place)
    elif place.items is None:
        notes.unfit(node, say("A sequence was not expected"), place.rule)
    else:
        assert isinstance(node, YamlList)
        for item in node.items:
            check(notes, item, place.items)


def check_scalar(notes: Notes, node: YamlScalar, place: Place) -> None:
    value = node.value
    if isinstance(value, str):
        if "${{" in value:
            check_text(notes, node, place)
        elif not is_word(value, place):
            unexpected(notes, node, value, place)
    elif not (
        (value is None and place.nothing)
        or (isinstance(value, bool) and place.flag)
        or (isinstance(value, int | float) and not isinstance(value, bool) and place.number)
        or is_word(node.words, place)
    ):
        unexpected(notes, node, node.words, place)


def is_word(word: str, place: Place) -> bool:
    """Whether words may stand in a place, and these."""
    words = place.words
    if words == "any":
        return True
    return bool(word) if words == "filled" else words is not None and word in words


def unexpected(notes: Notes, node: YamlScalar, word: str, place: Place) -> None:
    known = place.words if isinstance(place.words, frozenset) else frozenset(("true", "false")) if place.flag else ()
    notes.unfit(
        node,
        say("Unexpected value '{value}'", value=word),
        place.rule,
        meant(word, known) if known and not place.maps else None,
    )


def check_text(notes: Notes, node: YamlScalar, place: Place) -> None:
    """Words with expressions: each of them, and whether there may be any."""
    kind = kind_of(notes, node, place.reach)
    if kind is None:
        if not is_word(node.words, place):
            unexpected(notes, node, node.words, place)
    elif kind == INSERT:
        notes.unfit(node, say("Unexpected value '{value}'", value="${{ insert }}"), place.rule)
    elif kind == WORDS:
        if not is_word(plain_words(node), place):
            unexpected(notes, node, plain_words(node), place)
    elif not place.reach.contexts and not place.reach.functions:
        notes.expression(node, say("A template expression is not allowed in this context"))


def kind_of(notes: Notes, node: YamlScalar, reach: Reach) -> str | None:
    """Whether a text with expressions is one (`expression`), stands for more entries (`insert`), or is no more than
    words in quotes (`words`). None: it cannot be read, which has been noted."""
    text = node.words
    try:
        opened = in_template(text)
    except ExpressionBroken as error:
        notes.expression(node, error.text)
        return None
    sound = True
    for which, one in enumerate(opened):
        source = one.source.strip()
        directive = DIRECTIVE.fullmatch(source)
        if directive is not None:
            sound = is_directive(notes, node, directive, alone=len(opened) == 1 and one.end == len(text))
            if not sound:
                break
            return INSERT
        try:
            if not source:
                raise ExpressionBroken(say("An expression was expected"))
            read = parse_expression(source, reach.contexts, reach.functions)
        except ExpressionBroken as error:
            lead = len(one.source) - len(one.source.lstrip())
            place = notes.place_in_expression(node, which, lead + (error.position or 1) - 1)
            notes.expression(node, error.text, place)
            sound = False
            continue
        if len(opened) == 1 and source == text[3:-2].strip() and read.top.word == "value":
            return WORDS if isinstance(read.top.value, str) else EXPRESSION
    return EXPRESSION if sound else None


def is_directive(notes: Notes, node: YamlScalar, directive: re.Match[str], *, alone: bool) -> bool:
    """Whether `insert` stands where it may: alone, and as the whole text."""
    more = (directive["more"] or "").split()
    if more:
        notes.expression(
            node,
            say(
                "Exactly {wanted} parameter(s) were expected following the directive '{directive}'. Actual parameter"
                " count: {count}",
                wanted=0,
                directive=INSERT,
                count=len(more),
            ),
        )
        return False
    if alone and node.words.startswith("${{"):
        return True
    notes.expression(
        node,
        say(
            "The directive '{directive}' is not allowed in this context. Directives are not supported for expressions"
            " that are embedded within a string. Directives are only supported when the entire value is an expression.",
            directive=INSERT,
        ),
    )
    return False


def plain_words(node: YamlScalar) -> str:
    """The words of a scalar; `${{ 'words' }}` is no more than its words."""
    if isinstance(node.value, str) and has_expression(node.value):
        inner = node.value.strip()[3:-2].strip()
        if node.value.startswith("${{") and node.value.endswith("}}") and QUOTED.fullmatch(inner):
            return inner[1:-1].replace("''", "'")
    return node.words


QUOTED = re.compile(r"'(?:[^']|'')*'")


def check_mapping(notes: Notes, node: YamlMap, place: Place) -> None:
    """The keys of a mapping. Where a few mappings may stand, the keys narrow them down to one."""
    if not place.maps:
        notes.unfit(node, say("A mapping was not expected"), place.rule)
        return
    left = list(place.maps)
    loose = left[0].loose
    seen: set[str] = set()
    has_insertion = False
    for key, value in node.pairs:
        name = name_of(notes, key, value, place, loose)
        if name is None:
            has_insertion = True
        elif name.upper() in seen:
            notes.unfit(key, say("'{key}' is already defined", key=name), place.rule)
        else:
            if name:
                seen.add(name.upper())
            check_entry(notes, key, name, value, place, left)
    check_whole(notes, node, left, seen, place, has_insertion=has_insertion)


def name_of(notes: Notes, key: YamlScalar, value: YamlNode, place: Place, loose: Place | None) -> str | None:
    """The name of a key. None: it is an expression, and has been looked at."""
    if "${{" not in key.words:
        return key.words
    kind = kind_of(notes, key, place.reach)
    if kind not in (INSERT, EXPRESSION):
        return plain_words(key)
    check_insertion(notes, key, value, place, loose)
    return None


def check_entry(notes: Notes, key: YamlScalar, name: str, value: YamlNode, place: Place, left: list[Entries]) -> None:
    """One key and what stands under it."""
    loose = place.maps[0].loose
    known = narrowed(left, name)
    if known is not None:
        check(notes, value, known)
    elif loose is not None:
        if not name:
            notes.unfit(key, say("Unexpected value '{value}'", value=name), place.rule)
        check(notes, value, loose)
    elif not passes(left, name):
        hint = meant(name, {word for entries in left for word in entries.known})
        notes.unfit(key, say("Unexpected value '{value}'", value=name), place.rule, hint)


def narrowed(left: list[Entries], name: str) -> Place | None:
    """What stands under a known key. The mappings that do not know it are not meant."""
    knowing = [entries for entries in left if name in entries.known]
    if not knowing:
        return None
    left[:] = knowing
    return knowing[-1].known[name]


def passes(left: Iterable[Entries], name: str) -> bool:
    return any(entries.passing is not None and name.startswith(entries.passing) for entries in left)


def check_insertion(notes: Notes, key: YamlScalar, value: YamlNode, place: Place, loose: Place | None) -> None:
    """A key that is an expression."""
    if not place.reach.contexts:
        notes.expression(key, say("A template expression is not allowed in this context"))
    elif isinstance(value, YamlScalar) and has_expression(value.words):
        kind_of(notes, value, (loose or place).reach)
    elif loose is not None:
        check(notes, value, loose)


def check_whole(
    notes: Notes, node: YamlMap, left: list[Entries], seen: set[str], place: Place, *, has_insertion: bool
) -> None:
    """Whether it is clear which mapping is meant, and whether all of it is there."""
    if len(left) > 1:
        names = [name for entries in left for name in entries.known]
        telling = sorted(name for name in set(names) - UNTOLD if names.count(name) == 1)
        notes.unfit(
            node,
            say(
                "There's not enough info to determine what you meant. Add one of these properties: {words}",
                words=", ".join(telling),
            ),
            place.rule,
        )
    elif not has_insertion:
        for name in left[0].required:
            if name.upper() not in seen:
                notes.unfit(node, say("Required property is missing: {key}", key=name), place.rule)
