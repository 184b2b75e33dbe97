"""What GitHub's reader makes of a workflow, written from our records.

Texts become tokens: plain words, or `{type: 3, expr}` for an expression, lists `{type: 1}`, mappings `{type: 2}`. What
GitHub hands on as it stands in the file (a strategy, a container, the inputs of a called workflow) is written from the
tree, by the grammar that it was read with.
"""

import re
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any, TypeAlias

from dure.workflow import Examined, Job, Permissions, Step, YamlMap, YamlNode, YamlScalar, called_path
from dure.workflow.expression import in_template, parse_expression, text_of
from dure.workflow.expression.status import asks_for_status
from dure.workflow.grammar import WORKFLOW, Entries, Place
from dure.workflow.rights import FIRST

Token: TypeAlias = Any
NAME_MAX = 100
SUCCESS: Token = {"type": 3, "expr": "success()"}
AS_IT_STANDS = ("strategy", "runs-on", "container", "services", "environment", "concurrency", "defaults", "snapshot")
SYNTHETIC = {"wait": "Wait", "wait-all": "Wait for all", "cancel": "Cancel", "parallel": "Parallel group"}


def text_token(words: str) -> Token:
    """Words with expressions in them."""
    found = in_template(words) if "${{" in words else []
    if not found:
        return words
    sources = [one.source.strip() for one in found]
    if len(found) == 1 and words[found[0].end :] == "" and found[0].start == len("${{"):
        quoted = re.fullmatch(r"'((?:[^']|'')*)'", sources[0])
        return quoted[1].replace("''", "'") if quoted else {"type": 3, "expr": sources[0]}
    made, at = "", 0
    for number, one in enumerate(found):
        made += escaped(words[at : one.start - len("${{")]) + f"{{{number}}}"
        at = one.end
    return {"type": 3, "expr": f"format('{made}{escaped(words[at:])}', {', '.join(sources)})"}


def escaped(words: str) -> str:
    return words.replace("'", "''").replace("{", "{{").replace("}", "}}")


def texts_token(texts: Mapping[str, Any]) -> Token:
    pairs = [
        {"Key": key_token(name), "Value": text_token(words) if isinstance(words, str) else words}
        for name, words in texts.items()
    ]
    return {"type": 2, "map": pairs}


def key_token(name: str) -> Token:
    return {"type": 4, "directive": "insert"} if re.match(r"\$\{\{\s*insert", name) else text_token(name)


def token(node: YamlNode, place: Place | None) -> Token:
    """A part of the file as it stands, each value of the kind that the grammar gives it."""
    if isinstance(node, YamlScalar):
        return scalar_token(node, place)
    if isinstance(node, YamlMap):
        inner = [(key, value, place_under(key.words, place)) for key, value in node.pairs]
        pairs = [{"Key": key_token(key.words), "Value": token(value, where)} for key, value, where in inner]
        return {"type": 2, "map": pairs}
    return {"type": 1, "seq": [token(item, place.items if place else None) for item in node.items]}


def place_under(key: str, place: Place | None) -> Place | None:
    if place is None or not place.maps:
        return None
    found: Entries = next((one for one in place.maps if key in one.known), place.maps[0])
    return found.known.get(key, found.loose)


def scalar_token(node: YamlScalar, place: Place | None) -> Token:
    value = node.value
    if isinstance(value, str):
        return text_token(value)
    kinds = place is None or (
        place.nothing if value is None else place.flag if isinstance(value, bool) else place.number
    )
    if not kinds:
        return node.words
    return text_of(value) if isinstance(value, float) and not isfinite(value) else value


def condition_token(words: str | None) -> Token:
    """An `if`, with the status that GitHub asks for where the words ask for none."""
    if words is None or not words.strip():
        return SUCCESS
    told = text_token(words)
    expression = told["expr"] if isinstance(told, dict) else told.strip()
    asks = asks_for_status(parse_expression(expression))
    return {"type": 3, "expr": expression if asks else f"success() && ({expression})"}


def permissions_token(permissions: Permissions) -> Token:
    if permissions.all is not None:
        return dict.fromkeys(FIRST, permissions.all)
    return {scope: level for scope, level in permissions.scopes.items() if level != "none"}


class Ids:
    """Makes up the ids of steps that have none."""

    def __init__(self, taken: Iterable[str]) -> None:
        self.taken = set(taken)

    def make(self, words: str) -> str:
        base = re.sub(r"[^A-Za-z0-9_-]", "_", f"__{words}")
        for attempt in range(1, 1_000):
            ending = "" if attempt == 1 else f"_{attempt}"
            made = base[: NAME_MAX - len(ending)] + ending
            if made not in self.taken:
                self.taken.add(made)
                return made
        raise AssertionError(words)


class Writer:
    """Writes one workflow, and those that it calls, as GitHub does."""

    def __init__(self, called: Mapping[str, Examined]) -> None:
        self.called = called

    def whole(self, examined: Examined) -> dict[str, Token]:
        assert examined.workflow is not None
        assert examined.tree is not None
        workflow = examined.workflow
        made: dict[str, Token] = {}
        for key in ("concurrency", "env", "defaults"):
            node = examined.tree.get(key)
            if node is not None:
                made[key] = token(node, place_under(key, WORKFLOW))
        if workflow.permissions is not None:
            made["permissions"] = permissions_token(workflow.permissions)
        made["events"] = events(examined.tree)
        made["jobs"] = self.jobs(examined, "", workflow.permissions)
        return made

    def jobs(self, examined: Examined, path: str, rights: Permissions | None) -> list[Token]:
        assert examined.workflow is not None
        assert examined.tree is not None
        nodes = examined.tree.get("jobs")
        assert isinstance(nodes, YamlMap)
        return [
            self.job(job, node, path, job.permissions or rights)
            for job in examined.workflow.jobs.values()
            if isinstance(node := nodes.get(job.id), YamlMap)
        ]

    def job(self, job: Job, node: YamlMap, path: str, rights: Permissions | None) -> Token:
        place = place_under("any", place_under("jobs", WORKFLOW))
        made: dict[str, Token] = {
            "type": "job" if job.uses is None else "reusableWorkflowJob",
            "id": job.id,
            "name": text_token(job.name) if job.name else job.id,
            "if": condition_token(job.condition),
        }
        if job.needs or job.uses is not None:
            made["needs"] = list(job.needs)
        if rights is not None:
            made["permissions"] = permissions_token(rights)
        for key in AS_IT_STANDS:
            part = node.get(key)
            if part is not None:
                made[key] = token(part, place_under(key, place))
        return {**made, **(own_parts(job, node) if job.uses is None else self.call(job, path, rights))}

    def call(self, job: Job, path: str, rights: Permissions | None) -> dict[str, Token]:
        made: dict[str, Token] = {"ref": job.uses}
        if job.with_:
            made["input-values"] = texts_token(job.with_)
        if job.secrets == "inherit":
            made["inherit-secrets"] = True
        elif job.secrets:
            made["secret-values"] = texts_token(job.secrets)
        name = called_path(job.uses or "", path)
        called = self.called.get(name)
        if called is None or called.workflow is None or called.tree is None:
            return made
        for key, word in (("inputs", "input-definitions"), ("secrets", "secret-definitions"), ("outputs", "outputs")):
            part = definitions(called.tree, key)
            if part is not None:
                made[word] = token(part, place_under(key, CALL))
        made["jobs"] = self.jobs(called, name, called.workflow.permissions or rights)
        return made


CALL = place_under("workflow_call", place_under("on", WORKFLOW))


def definitions(tree: YamlMap, key: str) -> YamlNode | None:
    on = tree.get("on")
    call = on.get("workflow_call") if isinstance(on, YamlMap) else None
    return call.get(key) if isinstance(call, YamlMap) else None


def own_parts(job: Job, node: YamlMap) -> dict[str, Token]:
    """What only a job with steps has."""
    made: dict[str, Token] = {}
    if job.env:
        made["env"] = texts_token(job.env)
    if node.get("outputs") is not None:
        made["outputs"] = texts_token(job.outputs)
    for key, value in (
        ("timeout-minutes", job.timeout_minutes),
        ("cancel-timeout-minutes", job.cancel_timeout_minutes),
        ("continue-on-error", job.continue_on_error),
    ):
        if node.get(key) is not None:
            made[key] = text_token(value) if isinstance(value, str) else value
    if job.steps:
        made["steps"] = steps(job.steps)
    return made


def steps(found: Iterable[Step]) -> list[Token]:
    listed = list(found)
    ids = Ids(step.id for step in listed if step.id)
    return [step_token(step, step.id or ids.make(kind_of(step))) for step in listed]


def kind_of(step: Step) -> str:
    """What the id of a step without one is made of."""
    if step.uses is None:
        return next((word for word in SYNTHETIC if is_a(step, word)), "run")
    if step.uses.startswith("docker://"):
        return step.uses.removeprefix("docker://")
    if step.uses.startswith(("./", ".\\", "$/")):
        return "self"
    parts = [part for part in re.split(r"[\\/]", step.uses.partition("@")[0]) if part]
    return "/".join(parts[:2])


def is_a(step: Step, word: str) -> bool:
    return bool({"wait": step.wait, "wait-all": step.wait_all, "cancel": step.cancel, "parallel": step.parallel}[word])


def step_token(step: Step, made_id: str) -> Token:
    made: dict[str, Token] = {"id": made_id}
    kind = next((word for word in SYNTHETIC if is_a(step, word)), None)
    name = step.name if step.name is not None else SYNTHETIC.get(kind or "")
    if name is not None:
        made["name"] = text_token(name)
    if step.continue_on_error is not False:
        said = step.continue_on_error
        made["continue-on-error"] = text_token(said) if isinstance(said, str) else said
    if kind is not None:
        return {**made, kind: waiting_token(step, kind)}
    made["if"] = condition_token(step.condition)
    if step.env:
        made["env"] = texts_token(step.env)
    if step.with_:
        made["with"] = texts_token(step.with_)
    if step.background:
        made["background"] = True
    if step.uses is not None:
        return {**made, "uses": step.uses}
    return {**made, "run": text_token(step.run or "")}


def waiting_token(step: Step, kind: str) -> Token:
    if kind == "parallel":
        return steps(step.parallel)
    if kind == "wait-all":
        return True
    return list(step.wait) if kind == "wait" else step.cancel[0]


def events(tree: YamlMap) -> Token:
    """`on` with its lists, its times and its inputs."""
    on = tree.get("on")
    assert on is not None
    if not isinstance(on, YamlMap):
        return {words(one): {} for one in getattr(on, "items", (on,))}
    return {name.words: event(name.words, about) for name, about in on.pairs}


def event(name: str, about: YamlNode) -> Token:
    if isinstance(about, YamlScalar):
        return {}
    if not isinstance(about, YamlMap):
        return [
            {key.words: words(value) for key, value in one.pairs} for one in about.items if isinstance(one, YamlMap)
        ]
    if name in ("workflow_call", "workflow_dispatch"):
        made = {key.words: asked(key.words, value) for key, value in about.pairs if key.words != "outputs"}
        return {key: value for key, value in made.items() if value is not None}
    return {key.words: [words(one) for one in getattr(value, "items", (value,))] for key, value in about.pairs}


def asked(key: str, node: YamlNode) -> Token:
    if not isinstance(node, YamlMap):
        return None
    return {name.words: question(about, key == "inputs") for name, about in node.pairs}


def question(node: YamlNode, is_input: bool) -> Token:
    """An input or a secret, with all that is said of it. GitHub forgets about numbers here."""
    said = {key.words: value for key, value in node.pairs} if isinstance(node, YamlMap) else {}
    made: dict[str, Token] = {key: words(said[key]) for key in ("description",) if key in said}
    if "required" in said:
        made["required"] = value_of(said["required"])
    kind = words(said["type"]) if "type" in said else "string"
    if is_input and kind != "number":
        made["type"] = kind
    if "options" in said:
        made["options"] = [words(one) for one in getattr(said["options"], "items", ())]
    if "default" in said and kind != "number" and "${{" not in words(said["default"]):
        made["default"] = value_of(said["default"]) if kind == "boolean" else words(said["default"])
    return made


def words(node: YamlNode) -> str:
    return node.words if isinstance(node, YamlScalar) else ""


def value_of(node: YamlNode) -> Token:
    return node.value if isinstance(node, YamlScalar) else None
