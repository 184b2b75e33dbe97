"""`container:` and `services:`, and `environment:`, where a job deploys to."""

from dure.kit import say
from dure.workflow.document import YamlList, YamlMap, YamlNode, YamlScalar
from dure.workflow.expression import has_expression
from dure.workflow.grammar import Notes
from dure.workflow.reading.fields import fields, flag, is_expression, name_in, pairs, text, texts
from dure.workflow.workflow import Container, Environment


def read_container(notes: Notes, node: YamlNode | None, *, service: bool = False) -> Container | str | None:
    """An image, or an image and what it is run with. A `str` is one expression that comes to either."""
    if node is None:
        return None
    if isinstance(node, YamlScalar):
        if node.value is None or not node.words:
            return None
        return node.words if is_whole(node.words) else Container(node.words)
    found = fields(node)
    image = text(found.get("image"))
    if not image and not holds_expression(node):
        notes.mistake(node, say("Container image cannot be empty"))
    return Container(
        image=image or "",
        credentials=texts(found.get("credentials")),
        env=texts(found.get("env")),
        ports=listed(found.get("ports")),
        volumes=listed(found.get("volumes")),
        options=text(found.get("options")),
        entrypoint=text(found.get("entrypoint")) if service else None,
        command=text(found.get("command")) if service else None,
    )


def is_whole(words: str) -> bool:
    """Whether it is one expression with nothing round it."""
    return words.startswith("${{") and words.endswith("}}") and words.count("${{") == 1


def holds_expression(node: YamlNode) -> bool:
    if isinstance(node, YamlScalar):
        return is_expression(node)
    if isinstance(node, YamlMap):
        return any(has_expression(key.words) or holds_expression(value) for key, value in node.pairs)
    return any(holds_expression(item) for item in node.items)


def listed(node: YamlNode | None) -> tuple[str, ...] | str:
    if isinstance(node, YamlScalar):
        return node.words
    return tuple(text(item) or "" for item in node.items) if isinstance(node, YamlList) else ()


def read_services(notes: Notes, node: YamlNode | None) -> dict[str, Container | str]:
    if isinstance(node, YamlScalar) and is_expression(node):
        return {"${{ insert }}": node.words}
    found: dict[str, Container | str] = {}
    for key, value in pairs(node):
        service = read_container(notes, value, service=True)
        if service is not None:
            found[name_in(found, key)] = service
    return found


def read_environment(node: YamlNode | None) -> Environment | None:
    if node is None:
        return None
    if isinstance(node, YamlScalar):
        return Environment(node.words) if node.words else None
    found = fields(node)
    return Environment(text(found.get("name")) or "", text(found.get("url")), flag(found.get("deployment"), True))
