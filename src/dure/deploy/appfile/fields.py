"""Reading one field of an app file: the word that stands there, or a mistake at its place."""

import difflib
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from dure.deploy.appfile.mistakes import Mistakes
from dure.kit import Text, say
from dure.workflow import YamlList, YamlMap, YamlScalar

Node = YamlScalar | YamlList | YamlMap
NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?", re.ASCII)
DURATION_SECONDS_MAX = 24 * 3600.0
PATH_CHARACTERS_MAX = 400


@dataclass(frozen=True)
class Fields:
    """The readers of fields, with the list on which they put what is wrong."""

    mistakes: Mistakes

    def wrong(self, node: Node, text: Text) -> None:
        self.mistakes.note(node.line, node.column, text)

    def each(
        self,
        node: Node | None,
        known: Mapping[str, Callable[[Node], None]],
        refused: Mapping[str, Text],
        what: str,
    ) -> None:
        """Hand each field of a map to its reader. A key that nobody reads is refused by name, never ignored."""
        if not isinstance(node, YamlMap):
            if node is not None:
                self.wrong(node, say("`{what}` takes keys and values.", what=what))
            return
        for key, value in node.pairs:
            name = key.words
            if name in known:
                known[name](value)
            elif name in refused:
                self.wrong(key, refused[name])
            elif not name.startswith("x-") or name.startswith("x-dure"):
                self.wrong(key, unknown(name, list(known), what))

    def words(self, node: Node, what: str, limit: int = 4000) -> str | None:
        if not isinstance(node, YamlScalar) or node.value is None:
            self.wrong(node, say("`{what}` takes a word.", what=what))
            return None
        if len(node.words) > limit:
            self.wrong(node, say("`{what}` takes at most {count} characters.", what=what, count=limit))
            return None
        return node.words

    def name(self, node: Node, what: str) -> str | None:
        words = self.words(node, what)
        if words is not None and not NAME.fullmatch(words):
            self.wrong(node, bad_name(words))
            return None
        return words

    def choice(self, node: Node, what: str, options: tuple[str, ...]) -> str | None:
        words = self.words(node, what)
        if words is not None and words not in options:
            self.wrong(node, say("`{what}` is one of: {options}.", what=what, options=", ".join(options)))
            return None
        return words

    def flag(self, node: Node, what: str) -> bool | None:
        if isinstance(node, YamlScalar) and isinstance(node.value, bool):
            return node.value
        self.wrong(node, say("`{what}` is true or false.", what=what))
        return None

    def number(self, node: Node, what: str, least: float, most: float) -> float | None:
        value = node.value if isinstance(node, YamlScalar) else None
        right = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not right or not least <= float(str(value)) <= most:
            self.wrong(node, say("`{what}` is a number from {least} to {most}.", what=what, least=least, most=most))
            return None
        return float(str(value))

    def whole(self, node: Node, what: str, least: int, most: int) -> int | None:
        value = node.value if isinstance(node, YamlScalar) else None
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self.wrong(
                node, say("`{what}` is a whole number from {least} to {most}.", what=what, least=least, most=most)
            )
            return None
        return value

    def duration(self, node: Node, what: str) -> float | None:
        words = node.words if isinstance(node, YamlScalar) else ""
        found = DURATION.fullmatch(words)
        if not words or found is None:
            self.wrong(node, say("`{what}` is a duration such as 10s or 1m30s.", what=what))
            return None
        hours, minutes, seconds, milliseconds = (float(part or 0) for part in found.groups())
        total = hours * 3600 + minutes * 60 + seconds + milliseconds / 1000
        if total > DURATION_SECONDS_MAX:
            self.wrong(node, say("`{what}` is at most 24h.", what=what))
            return None
        return total

    def path(self, node: Node, what: str) -> str | None:
        """A path that stays within the release."""
        words = self.words(node, what, PATH_CHARACTERS_MAX)
        if words is None:
            return None
        path = PurePosixPath(words)
        if path.is_absolute() or ".." in path.parts or not words or "\\" in words:
            self.wrong(node, say("`{what}` is a path within the repository, without `..`.", what=what))
            return None
        return str(path)

    def items(self, node: Node, what: str, most: int) -> list[Node]:
        if isinstance(node, YamlList) and len(node.items) <= most:
            return list(node.items)
        self.wrong(node, say("`{what}` is a list of at most {count}.", what=what, count=most))
        return []


def bad_name(words: str) -> Text:
    return say(
        "“{name}” cannot be a name here: use 1 to 40 letters a to z, digits and hyphens, since it becomes a host name.",
        name=words[:60],
    )


def unknown(name: str, known: list[str], what: str) -> Text:
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return say("`{name}` is not a key of {what}. Did you mean `{near}`?", name=name[:60], what=what, near=near[0])
    return say(
        "`{name}` is not supported in {what}. Remove it; these are: {known}.",
        name=name[:60],
        what=what,
        known=", ".join(sorted(known)),
    )
