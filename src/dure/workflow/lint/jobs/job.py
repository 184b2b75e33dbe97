"""The jobs of a workflow."""

from dure.kit import say
from dure.workflow.expression import has_expression
from dure.workflow.lint.desk import Desk
from dure.workflow.lint.facts import CACHE, CALLING_JOB, DEFAULT_SHELL, ENVIRONMENT, JOB, SNAPSHOT
from dure.workflow.lint.jobs.calls import check_call_of
from dure.workflow.lint.jobs.container import check_container, check_services
from dure.workflow.lint.jobs.matrix import Matrix, check_strategy
from dure.workflow.lint.jobs.needs import check_needs
from dure.workflow.lint.jobs.runner import Runner, check_runs_on
from dure.workflow.lint.reading.expressions import check_condition
from dure.workflow.lint.reading.fields import Entries, Entry, entries, flag, missing, number, text, texts
from dure.workflow.lint.reading.glob import check_patterns
from dure.workflow.lint.reading.shared import (
    check_concurrency,
    check_defaults,
    check_env,
    check_id,
    check_permissions,
)
from dure.workflow.lint.source import Node
from dure.workflow.lint.steps.step import Steps, check_steps
from dure.workflow.lint.values import WORDS, Kind, map_of, record_of


def check_jobs(desk: Desk, node: Node, shell: str | None) -> dict[str, Kind]:
    """Check all jobs; what each gives comes back, by its name in lower case."""
    jobs = entries(desk, node, folded=True)
    bodies = {name: entries(desk, entry.value, known=JOB) for name, entry in jobs.items()}
    needs = {name: needed_by(desk, body) for name, body in bodies.items()}
    check_needs(desk, jobs, needs)
    outputs = {name: outputs_of(desk, body) for name, body in bodies.items()}
    for name, entry in jobs.items():
        check_id(desk, entry.key)
        known = {need.text.lower() for need in needs[name]} & outputs.keys()
        members = {need: record_of({"outputs": outputs[need], "result": WORDS}) for need in sorted(known)}
        check_job(desk.knowing(needs=record_of(members)), entry, bodies[name], shell)
    return outputs


def needed_by(desk: Desk, body: Entries) -> list[Node]:
    node = body["needs"].value if "needs" in body else None
    return [need for need in texts(desk, node, "nowhere") if not has_expression(need.text)]


def outputs_of(desk: Desk, body: Entries) -> Kind:
    """What a job gives to those that need it."""
    if "uses" in body:
        quiet = desk.quietly()
        return check_call_of(quiet, body["uses"].value, {})
    node = body["outputs"].value if "outputs" in body else None
    if node is None or node.kind == "map":
        return record_of({key.text: WORDS for key, _ in node.pairs}) if node is not None else record_of({})
    return map_of(WORDS)


def check_job(desk: Desk, entry: Entry, body: Entries, shell: str | None) -> None:
    matrix = check_strategy(desk, body["strategy"].value) if "strategy" in body else Matrix()
    here = desk.knowing(matrix=matrix.kind)
    text(here, value(body, "name"), "job", empty=True)
    check_permissions(here, value(body, "permissions"))
    check_condition(here, value(body, "if"), "job.if")
    check_concurrency(here, body.get("concurrency"), "job")
    if "uses" in body:
        check_calling(here, body)
    else:
        check_working(here, entry, body, matrix, shell)


def value(body: Entries, key: str) -> Node | None:
    return body[key].value if key in body else None


def check_calling(desk: Desk, body: Entries) -> None:
    """A job that calls another workflow."""
    check_call_of(desk, body["uses"].value, body)
    for key, inner in body.items():
        if key not in CALLING_JOB:
            desk.note(
                "syntax-check",
                inner.key,
                say("A job that calls a workflow has no `{key}:`; the called workflow has its own.", key=key),
            )


def check_working(desk: Desk, entry: Entry, body: Entries, matrix: Matrix, shell: str | None) -> None:
    """A job with steps of its own."""
    for key in ("with", "secrets"):
        if key in body:
            text_of = say("`{key}:` is for a job that calls a workflow by `uses:`.", key=key)
            desk.note("syntax-check", body[key].key, text_of)
    runner = check_runs_on(desk, body["runs-on"].value, matrix) if "runs-on" in body else Runner()
    own = check_defaults(desk, value(body, "defaults"), "job.defaults", runner.system)
    check_surroundings(desk, body)
    steps = Steps(own or shell or default_shell(runner), runner.system)
    if "steps" in body:
        check_steps(desk, body["steps"].value, steps)
    for key in ("runs-on", "steps"):
        if key not in body or (key == "steps" and body[key].value.nothing):
            missing(desk, entry.key, key)
    check_afterwards(desk.knowing(steps=steps.kind), body)


def default_shell(runner: Runner) -> str | None:
    return None if runner.mixed else DEFAULT_SHELL.get(runner.system, "bash")


def check_surroundings(desk: Desk, body: Entries) -> None:
    check_env(desk, value(body, "env"), "job.env")
    flag(desk, value(body, "continue-on-error"), "job")
    number(desk, value(body, "timeout-minutes"), "job")
    number(desk, value(body, "cancel-timeout-minutes"), "job")
    if "container" in body:
        check_container(desk, body["container"])
    if "services" in body:
        check_services(desk, body["services"].value)
    if "snapshot" in body:
        check_snapshot(desk, body["snapshot"])
    if "x-cache" in body:
        found = entries(desk, body["x-cache"].value, known=CACHE)
        if "inputs" not in found:
            missing(desk, body["x-cache"].key, "inputs")
        else:
            check_patterns(desk, texts(desk, found["inputs"].value, "job"), of_names=False)


def check_snapshot(desk: Desk, entry: Entry) -> None:
    if entry.value.kind == "scalar":
        text(desk, entry.value, "nowhere")
        return
    found = entries(desk, entry.value, known=SNAPSHOT)
    if entry.value.kind != "map":
        return
    if "image-name" not in found:
        missing(desk, entry.key, "image-name")
    text(desk, value(found, "image-name"), "nowhere")
    version = value(found, "version")
    if version is not None and text(desk, version, "nowhere") is not None:
        check_patterns(desk, [version], of_names=True)
    check_condition(desk, value(found, "if"), "snapshot.if")


def check_afterwards(desk: Desk, body: Entries) -> None:
    """What is worked out when the steps are done."""
    if "outputs" in body:
        for entry in entries(desk, body["outputs"].value, folded=True).values():
            text(desk, entry.value, "job.outputs", empty=True)
    environment = body.get("environment")
    if environment is None:
        return
    if environment.value.kind == "scalar":
        text(desk, environment.value, "job")
        return
    found = entries(desk, environment.value, known=ENVIRONMENT)
    if "name" not in found:
        missing(desk, environment.key, "name")
    text(desk, value(found, "name"), "job")
    text(desk, value(found, "url"), "job.url")
    flag(desk, value(found, "deployment"), "job")
