"""`action.yml`: what an action in the repository takes, gives and runs, and what is wrong with its description."""

from collections.abc import Callable
from dataclasses import dataclass, field

from dure.kit import Text, say
from dure.workflow.lint.actions.branding import COLOURS, ICONS
from dure.workflow.lint.actions.known import Facts, Input
from dure.workflow.lint.facts import ACTION, ACTION_INPUT, ACTION_OUTPUT, RUNS, USING
from dure.workflow.lint.finding import meant
from dure.workflow.lint.source import Node, Source, read_source

ENTRYPOINTS = ("pre-entrypoint", "entrypoint", "post-entrypoint")
TRUE = frozenset(("true", "yes", "on", "y"))
KINDS = {"composite": "composite", "docker": "docker"}


@dataclass(frozen=True)
class Fault:
    line: int
    column: int
    text: Text


@dataclass
class Metadata:
    """An action's own description. `broken` says that it could not even be read."""

    source: Source
    name: str = ""
    facts: Facts = field(default_factory=Facts)
    faults: list[Fault] = field(default_factory=list)
    broken: bool = False
    using: str = ""

    def fault(self, node: Node, text: Text) -> None:
        self.faults.append(Fault(node.line, node.column, text))

    def breaks(self, node: Node, text: Text) -> None:
        self.broken = True
        self.fault(node, text)


def read_action(text: str, exists: Callable[[str], bool]) -> Metadata:
    """Read the description. `exists` is asked about paths from the folder of the action."""
    told: list[Fault] = []
    source = read_source(text, lambda line, column, what: told.append(Fault(line, column, what)))
    found = Metadata(source, faults=told)
    top = source.top
    if top is None or top.kind != "map":
        found.breaks(
            top or Node("scalar", 1, 1, 0),
            say("An action begins with lines of `key: value`, `name:` and `runs:` among them."),
        )
        return found
    read_top(found, top, exists)
    return found


def read_top(found: Metadata, top: Node, exists: Callable[[str], bool]) -> None:
    values = {}
    for key, value in top.pairs:
        if key.text in ACTION:
            values[key.text] = value
        else:
            found.fault(
                key, say("The key `{key}` is unknown here. {meant}", key=key.text, meant=meant(key.text, ACTION))
            )
    for name in ("name", "description"):
        if name not in values or not values[name].text:
            found.fault(top, say("An action needs a `{key}:`.", key=name))
    found.name = values["name"].text if "name" in values else ""
    if "inputs" in values:
        read_inputs(found, values["inputs"])
    if "outputs" in values:
        read_outputs(found, values["outputs"])
    if "branding" in values:
        read_branding(found, values["branding"])
    if not found.broken:
        check_runs(found, top, values.get("runs"), exists)


def named(found: Metadata, node: Node) -> list[tuple[Node, Node]]:
    """The pairs of a mapping whose names are not told apart by their cases."""
    if node.nothing:
        return []
    if node.kind != "map":
        found.breaks(node, say("Lines of `key: value` are expected here, not one value or a list."))
        return []
    seen: dict[str, Node] = {}
    for key, _ in node.pairs:
        first = seen.setdefault(key.text.lower(), key)
        if first is not key:
            found.breaks(
                key,
                say(
                    "`{key}` stands here a second time; the first is `{first}` in line {line}. Remove one of the two.",
                    key=key.text,
                    first=first.text,
                    line=first.line,
                ),
            )
    return node.pairs


def read_inputs(found: Metadata, node: Node) -> None:
    for key, value in named(found, node):
        inner = dict[str, Node]()
        for word, what in named(found, value):
            if word.text not in ACTION_INPUT:
                found.breaks(
                    word,
                    say(
                        "The key `{key}` is unknown here. {meant}", key=word.text, meant=meant(word.text, ACTION_INPUT)
                    ),
                )
            inner[word.text] = what
        required = inner.get("required")
        if required is not None and required.kind != "scalar":
            found.breaks(required, say("One value is expected here, not a list or a mapping."))
            continue
        message = inner.get("deprecationMessage")
        words = " ".join(message.text.split()) if message is not None else ""
        must = required is not None and required.text.lower() in TRUE and "default" not in inner
        if message is not None and not words:
            found.fault(
                key, say("The input `{name}` is deprecated, and its `deprecationMessage:` says nothing.", name=key.text)
            )
        found.facts.inputs[key.text.lower()] = Input(key.text, must, message is not None and not must, message=words)


def read_outputs(found: Metadata, node: Node) -> None:
    outputs: set[str] = set()
    for key, value in named(found, node):
        outputs.add(key.text.lower())
        for word, _ in named(found, value):
            if word.text not in ACTION_OUTPUT:
                found.breaks(
                    word,
                    say(
                        "The key `{key}` is unknown here. {meant}", key=word.text, meant=meant(word.text, ACTION_OUTPUT)
                    ),
                )
    found.facts.outputs = outputs


def read_branding(found: Metadata, node: Node) -> None:
    for key, value in named(found, node):
        known = {"icon": ICONS, "color": COLOURS}.get(key.text)
        if known is not None and value.text.lower() not in known:
            found.fault(
                value,
                say(
                    "`{word}` is no {key} for an action. {meant}",
                    word=value.text,
                    key=key.text,
                    meant=meant(value.text, known),
                ),
            )


def check_runs(found: Metadata, top: Node, node: Node | None, exists: Callable[[str], bool]) -> None:
    using = node.get("using") if node is not None and node.kind == "map" else None
    if node is None or using is None or not using.text:
        found.fault(node or top, say("An action says in `runs: using:` what runs it: {words}.", words=", ".join(USING)))
        return
    found.using = using.text
    if using.text not in USING:
        text = say("`{word}` runs no action. Use one of: {words}.", word=using.text, words=", ".join(USING))
        found.fault(using, text)
        if not using.text.startswith("node"):
            return
    kind = KINDS.get(using.text, "javascript")
    required, allowed = RUNS[kind]
    given = {key.text: (key, value) for key, value in node.pairs}
    if required not in given or given[required][1].nothing:
        found.fault(
            node, say("An action that runs by {kind} needs `{key}:` in `runs:`.", kind=using.text, key=required)
        )
    for name, (key, _) in given.items():
        if name not in allowed:
            found.fault(key, say("`{key}:` is not for an action that runs by {kind}.", key=name, kind=using.text))
    check_pairs(found, given)
    check_files(found, kind, given, exists)


def check_pairs(found: Metadata, given: dict[str, tuple[Node, Node]]) -> None:
    for name in ("pre", "post"):
        condition = given.get(f"{name}-if")
        if (
            condition is not None
            and name not in given
            and "using" in given
            and given["using"][1].text.startswith("node")
        ):
            found.fault(condition[0], say("`{key}-if:` needs `{key}:`.", key=name))


def check_files(found: Metadata, kind: str, given: dict[str, tuple[Node, Node]], exists: Callable[[str], bool]) -> None:
    image = given["image"][1].text if kind == "docker" and "image" in given else ""
    built = bool(image) and not image.startswith(("docker://", "docker.io/", "ghcr.io/")) and "${{" not in image
    names = {"javascript": ("main", "pre", "post"), "docker": ENTRYPOINTS if built else ()}.get(kind, ())
    for name in names:
        if name in given:
            must_exist(found, given[name][1], exists)
    if not built:
        return
    named = image.rpartition("/")[2]
    if named != "Dockerfile" and exists(image):
        text = say("The file of an image must be called Dockerfile, not `{name}`.", name=image)
        found.fault(given["image"][1], text)
    elif named.startswith("Dockerfile"):
        must_exist(found, given["image"][1], exists)


def must_exist(found: Metadata, node: Node, exists: Callable[[str], bool]) -> None:
    """A file beside the action. A command, or a file of the image itself, is none."""
    if node.kind != "scalar" or not node.text or node.text.startswith("/") or {" ", "$"} & set(node.text):
        return
    if not exists(node.text):
        found.fault(node, say("There is no file `{name}` in the folder of the action.", name=node.text))
