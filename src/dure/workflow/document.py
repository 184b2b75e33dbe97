"""A YAML document as a tree that knows where everything stands.

YAML 1.2 core schema: `on` and `no` are words, `0o17` is a number, a date is words. The tree is built from the parser's
events, not by its loader: so depth and size are limited while reading, and an alias costs what it stands for.
"""

import re
from collections.abc import Callable
from math import inf, nan
from typing import TypeAlias, cast

import yaml
from msgspec import Struct

from dure.kit import Text, say
from dure.workflow.expression import Value, text_of
from dure.workflow.mistake import Mistake, WorkflowBroken

BYTES_MAX = 512 * 1024
NODES_MAX = 100_000
DEPTH_MAX = 50
TAG = "tag:yaml.org,2002:"
MERGE = "<<"

NULLS = frozenset(("", "~", "null", "Null", "NULL"))
FLAGS = {word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")}
WHOLE = re.compile(r"[-+]?[0-9]+", re.ASCII)
OCTAL = re.compile(r"0o[0-7]+", re.ASCII)
HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+", re.ASCII)
BROKEN_NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
ENDLESS = re.compile(r"[-+]?\.(?:inf|Inf|INF)", re.ASCII)
NOT_A_NUMBER = frozenset((".nan", ".NaN", ".NAN"))
NUMBER_DIGITS_MAX = 300
UNFIT = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What YAML keeps out of a file."""


class YamlScalar(Struct, frozen=True, gc=False):
    """A word, number, flag or nothing. `value` is what it means; `start` is where it begins in the source."""

    value: bool | int | float | str | None
    line: int
    column: int
    start: int

    @property
    def words(self) -> str:
        """The value as words, as GitHub writes it where words are wanted: 3.10 becomes 3.1."""
        value = self.value
        return value if isinstance(value, str) else text_of(value)


class YamlList(Struct, frozen=True):
    items: tuple["YamlNode", ...]
    line: int
    column: int


class YamlMap(Struct, frozen=True):
    pairs: tuple[tuple[YamlScalar, "YamlNode"], ...]
    line: int
    column: int

    def get(self, key: str) -> "YamlNode | None":
        return next((node for name, node in self.pairs if name.words == key), None)


YamlNode: TypeAlias = YamlScalar | YamlList | YamlMap


class Broken(Exception):
    """Found while building the tree; the reader of the file makes a refusal of it."""

    def __init__(self, line: int, column: int, text: Text) -> None:
        super().__init__(str(text))
        self.mistake = Mistake(line, column, text)


def read_yaml(source: str, path: str = "", *, unique: bool = True) -> YamlNode:
    """The one document in the source. It raises WorkflowBroken and nothing else. Unless keys must be `unique`, one that
    is there twice is for whoever reads the tree to find."""
    try:
        check_source(source)
        return Builder(source.removeprefix("\ufeff"), unique=unique).document()
    except Broken as error:
        raise WorkflowBroken(path, [error.mistake]) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise WorkflowBroken(path, [Mistake(line, column, not_yaml(error.problem or error.context or ""))]) from error
    except yaml.YAMLError as error:
        raise WorkflowBroken(path, [Mistake(1, 1, not_yaml(str(error)))]) from error


def not_yaml(why: str) -> Text:
    return say("This is not YAML ({why}). Look at the indentation, the quotes and the colons here.", why=why.strip())


def check_source(source: str) -> None:
    if len(source) > BYTES_MAX:
        raise Broken(1, 1, say("The file is larger than {count} kB. Split it.", count=BYTES_MAX // 1024))
    found = UNFIT.search(source)
    if found:
        raise Broken(*place_of(source, found.start()), say("This character cannot stand in a file of text. Remove it."))


def place_of(source: str, at: int) -> tuple[int, int]:
    """Line and column, from 1, of a place in the source."""
    line_start = source.rfind("\n", 0, at) + 1
    return source.count("\n", 0, at) + 1, at - line_start + 1


class Builder:
    """Builds the tree from the parser's events."""

    def __init__(self, source: str, *, unique: bool) -> None:
        self.unique = unique
        self.next = cast("Callable[[], yaml.Event]", yaml.CSafeLoader(source).get_event)
        self.anchors: dict[str, tuple[YamlNode, int]] = {}
        self.count = 0

    def document(self) -> YamlNode:
        self.next()
        first = self.next()
        if not isinstance(first, yaml.DocumentStartEvent):
            return YamlScalar(None, 1, 1, 0)
        top = self.node(self.next(), 1)
        self.next()
        after = self.next()
        if not isinstance(after, yaml.StreamEndEvent):
            raise broken(after, say("A second document begins here. Keep one document in one file."))
        return top

    def node(self, event: yaml.Event, depth: int) -> YamlNode:
        if depth > DEPTH_MAX:
            raise broken(event, say("This is nested more deeply than {depth} levels.", depth=DEPTH_MAX))
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event, depth)
        before = self.count
        self.counted(event, 1)
        if isinstance(event, yaml.ScalarEvent):
            made: YamlNode = self.scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            made = self.sequence(event, depth)
        else:
            assert isinstance(event, yaml.MappingStartEvent)
            made = self.mapping(event, depth)
        if event.anchor is not None:
            self.anchors[event.anchor] = (made, self.count - before)
        return made

    def counted(self, event: yaml.Event, count: int) -> None:
        """Every node counts, and what an alias stands for counts again."""
        self.count += count
        if self.count > NODES_MAX:
            raise broken(event, say("The file holds more than {count} values. Split it.", count=NODES_MAX))

    def alias(self, event: yaml.AliasEvent, depth: int) -> YamlNode:
        known = self.anchors.get(event.anchor or "")
        if known is None:
            raise broken(event, say("Nothing before this is marked &{name}.", name=event.anchor))
        made, count = known
        self.counted(event, count)
        if depth + height(made) - 1 > DEPTH_MAX:
            raise broken(event, say("This is nested more deeply than {depth} levels.", depth=DEPTH_MAX))
        return made

    def scalar(self, event: yaml.ScalarEvent) -> YamlScalar:
        mark = event.start_mark
        plain = event.tag is None and event.implicit[0]
        value = plain_value(event.value) if plain else resolved(event)
        return YamlScalar(value, mark.line + 1, mark.column + 1, mark.index) if mark else YamlScalar(value, 1, 1, 0)

    def sequence(self, event: yaml.Event, depth: int) -> YamlList:
        only_tag(event, "seq")
        items: list[YamlNode] = []
        while type(inner := self.next()) is not yaml.SequenceEndEvent:
            items.append(self.node(inner, depth + 1))
        return YamlList(tuple(items), *place(event))

    def mapping(self, event: yaml.Event, depth: int) -> YamlMap:
        only_tag(event, "map")
        pairs: list[tuple[YamlScalar, YamlNode]] = []
        seen: set[str] = set()
        while type(inner := self.next()) is not yaml.MappingEndEvent:
            key = self.node(inner, depth + 1)
            if not isinstance(key, YamlScalar):
                raise broken(inner, say("A key must be a word."))
            if key.value == MERGE:
                raise broken(inner, say("The merge key << is not supported. Write the keys out."))
            if self.unique:
                if key.words.lower() in seen:
                    raise broken(inner, say("'{key}' is already defined. Remove one of the two.", key=key.words))
                seen.add(key.words.lower())
            pairs.append((key, self.node(self.next(), depth + 1)))
        return YamlMap(tuple(pairs), *place(event))


def height(node: YamlNode) -> int:
    if isinstance(node, YamlList):
        return 1 + max(map(height, node.items), default=0)
    if isinstance(node, YamlMap):
        return 1 + max((height(inner) for _, inner in node.pairs), default=0)
    return 1


def place(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def broken(event: yaml.Event, text: Text) -> Broken:
    return Broken(*place(event), text)


def only_tag(event: yaml.Event, word: str) -> None:
    tag = event.tag if isinstance(event, yaml.CollectionStartEvent) else None
    if tag not in (None, "!", TAG + word):
        raise broken(event, say("The tag {tag} is not supported. Remove it.", tag=tag))


def resolved(event: yaml.ScalarEvent) -> bool | int | float | str | None:
    """What a scalar means: by its tag if it has one, by its looks if it is plain, words otherwise."""
    words: str = event.value
    if event.tag in (None, "!"):
        plain = event.implicit[0] and event.tag is None
        return plain_value(words) if plain else words
    kind = event.tag.removeprefix(TAG)
    if kind == "str":
        return words
    if kind not in ("null", "bool", "int", "float"):
        raise broken(event, say("The tag {tag} is not supported. Remove it.", tag=event.tag))
    value = plain_value(words)
    if not fits(value, kind):
        raise broken(event, say("'{words}' is not of the type {kind}.", words=words, kind=kind))
    return value


def fits(value: Value, kind: str) -> bool:
    if kind == "null":
        return value is None
    if kind == "bool":
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    return isinstance(value, int) if kind == "int" else isinstance(value, int | float)


def plain_value(words: str) -> bool | int | float | str | None:
    """The core schema of YAML 1.2."""
    if words in NULLS:
        return None
    if words in FLAGS:
        return FLAGS[words]
    if len(words) > NUMBER_DIGITS_MAX or words[0].isalpha():
        return words
    if WHOLE.fullmatch(words):
        return int(words)
    if OCTAL.fullmatch(words):
        return int(words, 8)
    if HEXADECIMAL.fullmatch(words):
        return int(words, 16)
    return broken_number(words)


def broken_number(words: str) -> float | str:
    """A number with a point or an exponent, or the words."""
    if BROKEN_NUMBER.fullmatch(words):
        number = float(words)
        return int(number) if number.is_integer() and abs(number) < 2**53 else number
    if ENDLESS.fullmatch(words):
        return -inf if words.startswith("-") else inf
    return nan if words in NOT_A_NUMBER else words


def plain(node: YamlNode) -> Value:
    """The node as plain values, without its places."""
    if isinstance(node, YamlScalar):
        return node.value
    if isinstance(node, YamlList):
        return [plain(item) for item in node.items]
    return {key.words: plain(inner) for key, inner in node.pairs}
