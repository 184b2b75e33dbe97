"""`.github/actionlint.yaml`, as far as lint heeds it."""

import re

from dure.kit import Text, say
from dure.workflow.document import YamlList, YamlMap, YamlNode, YamlScalar, read_yaml
from dure.workflow.lint.desk import Config
from dure.workflow.mistake import Mistake, WorkflowBroken


def read_config(text: str, path: str) -> Config:
    """Read the configuration. It raises WorkflowBroken, and nothing else; keys that lint does not heed are let pass."""
    top = read_yaml(text, path)
    if isinstance(top, YamlScalar) and top.value is None:
        return Config()
    if not isinstance(top, YamlMap):
        raise broken(path, top, say("Lines of `key: value` are expected here, not one value or a list."))
    runner = top.get("self-hosted-runner")
    labels = runner.get("labels") if isinstance(runner, YamlMap) else None
    variables = top.get("config-variables")
    return Config(
        labels=tuple(label.lower() for label in words(path, labels)),
        variables=None if nothing(variables) else frozenset(name.lower() for name in words(path, variables)),
        ignored=tuple(ignored(path, top.get("paths"))),
    )


def nothing(node: YamlNode | None) -> bool:
    return node is None or (isinstance(node, YamlScalar) and node.value is None)


def words(path: str, node: YamlNode | None) -> list[str]:
    if node is None or nothing(node):
        return []
    if not isinstance(node, YamlList):
        raise broken(path, node, say("A list is expected here."))
    return [item.words for item in node.items if isinstance(item, YamlScalar)]


def ignored(path: str, node: YamlNode | None) -> list[tuple[str, tuple[str, ...]]]:
    """Patterns of paths, and for each the patterns of findings that are not told there."""
    if not isinstance(node, YamlMap):
        return []
    found: list[tuple[str, tuple[str, ...]]] = []
    for key, inner in node.pairs:
        patterns = inner.get("ignore") if isinstance(inner, YamlMap) else None
        for pattern in words(path, patterns):
            try:
                re.compile(pattern)
            except re.error as error:
                what = say("`{words}` is no regular expression: {why}.", words=pattern, why=str(error))
                raise broken(path, inner, what) from error
        found.append((key.words, tuple(words(path, patterns))))
    return found


def broken(path: str, node: YamlNode, text: Text) -> WorkflowBroken:
    return WorkflowBroken(path, [Mistake(node.line, node.column, text)])
