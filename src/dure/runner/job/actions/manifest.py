"""`action.yml`: what an action is, what it takes and gives, and how it runs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from dure.kit import Refused, Text, say
from dure.wire import StepOrder
from dure.workflow import WorkflowBroken, YamlList, YamlMap, YamlNode, YamlScalar, read_yaml

NAMES = ("action.yml", "action.yaml")
NODE = re.compile(r"node\d+", re.IGNORECASE)
STEPS_MAX = 1000
ALWAYS = "always()"


class ManifestBroken(Refused):
    """The action cannot be read."""


@dataclass(frozen=True)
class Input:
    default: str | None = None
    required: bool = False
    deprecation: str = ""


@dataclass(frozen=True)
class Manifest:
    """An action as it describes itself. Texts may hold expressions."""

    kind: Literal["node", "composite", "docker"]
    inputs: Mapping[str, Input] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    """What each comes to, where the action is made of steps."""
    main: str = ""
    pre: str = ""
    post: str = ""
    pre_if: str = ALWAYS
    post_if: str = ALWAYS
    steps: tuple[StepOrder, ...] = ()
    image: str = ""
    """`Dockerfile`, a path to one, or `docker://image`."""
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)


def read_manifest(source: str, label: str) -> Manifest:
    """The words of the file, and how it is called when something is wrong with it."""
    try:
        return Reading(label).manifest(read_yaml(source, label))
    except WorkflowBroken as broken:
        first = broken.mistakes[0]
        raise ManifestBroken(say("{file}:{line}: {why}", file=label, line=first.line, why=first.text)) from broken


@dataclass
class Reading:
    """Keys that say nothing to us are passed over, as GitHub does; what we need must be as it should."""

    label: str

    def wrong(self, node: YamlNode, why: Text) -> ManifestBroken:
        return ManifestBroken(say("{file}:{line}: {why}", file=self.label, line=node.line, why=why))

    def manifest(self, top: YamlNode) -> Manifest:
        keys = self.keys(top)
        if "runs" not in keys:
            raise self.wrong(top, say("`runs` is missing: it says how the action runs."))
        runs = self.keys(keys["runs"])
        using = self.words(runs, "using").lower()
        inputs = {name: self.input(node) for name, node in self.inner(keys, "inputs").items()}
        outputs = {name: self.output(node) for name, node in self.inner(keys, "outputs").items()}
        if NODE.fullmatch(using):
            main = self.needed(keys["runs"], runs, "main")
            return self.around(Manifest("node", inputs, outputs, main), runs)
        if using == "composite":
            return Manifest("composite", inputs, outputs, steps=self.steps(keys["runs"], runs))
        if using == "docker":
            image, entry = self.needed(keys["runs"], runs, "image"), self.words(runs, "entrypoint")
            made = Manifest("docker", inputs, outputs, entry, image=image, env=self.texts(runs, "env"))
            args = runs.get("args")
            listed = tuple(self.text(item) for item in args.items) if isinstance(args, YamlList) else ()
            return self.around(replace(made, args=listed), runs, "pre-entrypoint", "post-entrypoint")
        raise self.wrong(
            keys["runs"],
            say("`using` says '{using}', and not composite, docker or node with its version.", using=using),
        )

    def around(self, manifest: Manifest, runs: dict[str, YamlNode], pre: str = "pre", post: str = "post") -> Manifest:
        """With what is done before the first step and after the last one."""
        return replace(
            manifest,
            pre=self.words(runs, pre),
            post=self.words(runs, post),
            pre_if=self.words(runs, "pre-if") or ALWAYS,
            post_if=self.words(runs, "post-if") or ALWAYS,
        )

    def input(self, node: YamlNode) -> Input:
        keys = self.keys(node)
        default = keys.get("default")
        said = default is not None and not (isinstance(default, YamlScalar) and default.value is None)
        return Input(
            default=self.text(default) if said and default is not None else None,
            required=self.words(keys, "required").lower() == "true",
            deprecation=self.words(keys, "deprecationMessage"),
        )

    def output(self, node: YamlNode) -> str:
        return self.words(self.keys(node), "value")

    def steps(self, node: YamlNode, runs: dict[str, YamlNode]) -> tuple[StepOrder, ...]:
        listed = runs.get("steps")
        if not isinstance(listed, YamlList):
            raise self.wrong(node, say("`steps` is missing: an action that is composite is made of steps."))
        if len(listed.items) > STEPS_MAX:
            raise self.wrong(node, say("An action has {count} steps at most.", count=STEPS_MAX))
        return tuple(self.step(index, item) for index, item in enumerate(listed.items))

    def step(self, index: int, node: YamlNode) -> StepOrder:
        keys = self.keys(node)
        run, uses = self.maybe(keys, "run"), self.maybe(keys, "uses")
        if (run is None) == (uses is None):
            raise self.wrong(node, say("A step has either `run` or `uses`."))
        if run is not None and "shell" not in keys:
            raise self.wrong(node, say("`shell` is missing: in an action, every `run` says its shell."))
        condition = self.maybe(keys, "if")
        lenient = self.maybe(keys, "continue-on-error") or ""
        return StepOrder(
            index=index,
            id=self.maybe(keys, "id"),
            name=self.maybe(keys, "name"),
            condition=condition if condition and condition.strip() else None,
            run=run,
            uses=uses,
            with_=self.texts(keys, "with"),
            env=self.texts(keys, "env"),
            shell=self.maybe(keys, "shell"),
            working_directory=self.maybe(keys, "working-directory"),
            continue_on_error=lenient if "${{" in lenient else lenient.lower() == "true",
        )

    def keys(self, node: YamlNode) -> dict[str, YamlNode]:
        if isinstance(node, YamlMap):
            return {key.words: inner for key, inner in node.pairs}
        if isinstance(node, YamlScalar) and node.value is None:
            return {}
        raise self.wrong(node, say("A mapping is expected here: lines of `key: value`."))

    def inner(self, keys: dict[str, YamlNode], name: str) -> dict[str, YamlNode]:
        return self.keys(keys[name]) if name in keys else {}

    def texts(self, keys: dict[str, YamlNode], name: str) -> dict[str, str]:
        return {key: self.text(node) for key, node in self.inner(keys, name).items()}

    def words(self, keys: dict[str, YamlNode], name: str) -> str:
        return self.text(keys[name]) if name in keys else ""

    def maybe(self, keys: dict[str, YamlNode], name: str) -> str | None:
        return self.text(keys[name]) if name in keys else None

    def needed(self, node: YamlNode, keys: dict[str, YamlNode], name: str) -> str:
        if found := self.words(keys, name):
            return found
        raise self.wrong(node, say("The key `{key}` is missing. Add it.", key=name))

    def text(self, node: YamlNode) -> str:
        if isinstance(node, YamlScalar):
            return node.words
        raise self.wrong(node, say("One value is expected here."))
