"""A whole workflow file."""

from dure.workflow.lint.desk import Desk
from dure.workflow.lint.facts import WORKFLOW
from dure.workflow.lint.jobs.job import check_jobs
from dure.workflow.lint.on.events import check_events
from dure.workflow.lint.on.inputs import Calls
from dure.workflow.lint.reading.fields import entries, missing, text
from dure.workflow.lint.reading.shared import check_concurrency, check_defaults, check_env, check_permissions
from dure.workflow.lint.source import Node
from dure.workflow.lint.values import SECRETS_ALWAYS, WORDS, Kind, github_with, record_of


def check_workflow(desk: Desk, top: Node) -> None:
    found = entries(desk, top, known=WORKFLOW)
    if top.kind != "map":
        return
    for key in ("on", "jobs"):
        if key not in found:
            missing(desk, top, key)
    calls = check_events(desk, found["on"].value) if "on" in found else Calls()
    here = desk.knowing(**known_of(calls))
    for key in ("name", "description"):
        text(here, found[key].value if key in found else None, "nowhere", empty=True)
    text(here, found["run-name"].value if "run-name" in found else None, "run-name")
    check_permissions(here, found["permissions"].value if "permissions" in found else None)
    check_env(here, found["env"].value if "env" in found else None, "env")
    shell = check_defaults(here, found["defaults"].value if "defaults" in found else None, "nowhere", "any")
    check_concurrency(here, found.get("concurrency"), "concurrency")
    outputs = check_jobs(here, found["jobs"].value, shell) if "jobs" in found else {}
    check_outputs(here, calls, outputs)


def known_of(calls: Calls) -> dict[str, Kind]:
    known = {"inputs": record_of(calls.inputs)}
    if calls.dispatch is not None:
        known["github"] = github_with(calls.dispatch)
    if calls.secrets is not None and calls.events == {"workflow_call"}:
        known["secrets"] = record_of({**SECRETS_ALWAYS, **calls.secrets})
    return known


def check_outputs(desk: Desk, calls: Calls, outputs: dict[str, Kind]) -> None:
    """What a called workflow gives comes of its jobs."""
    jobs = record_of({name: record_of({"outputs": kind, "result": WORDS}) for name, kind in outputs.items()})
    here = desk.knowing(jobs=jobs)
    for entry in calls.outputs:
        text(here, entry.value, "call.output")
