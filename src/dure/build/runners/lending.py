"""What secrets a job is lent: those that its file names, and inside a called workflow only what its callers pass on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from dure import vault
from dure.build.run import Job, Run, contexts_of, find_job_environment, planned_in
from dure.ledger import Work
from dure.plan import Project
from dure.vault import Keyring
from dure.workflow import Job as JobInFile
from dure.workflow import Workflow, has_expression, resolve_texts

NAMED = re.compile(r"""\bsecrets\s*(?:\.\s*([A-Za-z_][\w-]*)|\[\s*\\?'([^'\\]+)\\?'\s*\])?""", re.IGNORECASE)
JOB_TOKEN = "GITHUB_TOKEN"  # noqa: S105 - a name, not a token
Wanted = frozenset[str] | None
"""Names in capital letters; None: all there are."""


@dataclass(frozen=True)
class Handing:
    """One call on the way: what it passes on of what it has itself."""

    caller: Job
    texts: Mapping[str, str]


# open: a runner with a job of this project, which the house has given to it.
def lent(work: Work, keys: Keyring, project: Project, run: Run, job: Job, token: str) -> dict[str, str]:
    """The secrets that the job names, and no others."""
    parent = above(work, job)
    planned = planned_in(run, parent)
    asked = wanted = secrets_named(planned.workflow, planned.workflow.jobs[job.job])
    handings: list[Handing] = []
    while parent is not None and wanted != frozenset():
        caller, parent = parent, above(work, parent)
        given = planned_in(run, parent).workflow.jobs[caller.job].secrets
        if given != "inherit":
            texts = passed(given or {}, wanted)
            handings.append(Handing(caller, texts))
            wanted = names_in(msgspec.json.encode(texts).decode())
    values = of_the_vault(work, keys, project, project.scope, job, wanted)
    if handings:
        values[JOB_TOKEN] = token
    for handing in reversed(handings):
        values = resolve_texts(handing.texts, {**contexts_of(work, run, handing.caller), "secrets": {**values}})
    place = find_job_environment(work, project.id, job.environment) if job.environment else None
    if place is not None:
        values = over(values, of_the_vault(work, keys, project, place.vault, job, asked))
    return {name: value for name, value in values.items() if value}


def over(values: dict[str, str], own: dict[str, str]) -> dict[str, str]:
    """What an environment has of its own stands in the place of what the project has under that name."""
    names = {name.upper() for name in own}
    return {**{name: value for name, value in values.items() if name.upper() not in names}, **own}


def above(work: Work, job: Job) -> Job | None:
    return None if job.parent_id is None else work.session.get_one(Job, job.parent_id)


def passed(given: Mapping[str, str], wanted: Wanted) -> dict[str, str]:
    """What of a call's `secrets` is asked for inside it."""
    return {
        name: words for name, words in given.items() if wanted is None or has_expression(name) or name.upper() in wanted
    }


def of_the_vault(work: Work, keys: Keyring, project: Project, scope: str, job: Job, wanted: Wanted) -> dict[str, str]:
    if wanted == frozenset():
        return {}
    there = [card.name for card in vault.secrets_of(work, scope)]
    names = [name for name in there if wanted is None or name.upper() in wanted]
    values = vault.lend(work, keys, scope, names, to=job.ref, within=project.scope) if names else {}
    return {name: secret.text() for name, secret in values.items()}


def secrets_named(workflow: Workflow, definition: JobInFile) -> Wanted:
    """The names that stand in its expressions."""
    return names_in(msgspec.json.encode((definition, workflow.env)).decode(), conditions(definition))


def names_in(words: str, more: list[str] | None = None) -> Wanted:
    found: set[str] = set()
    for expression in re.findall(r"\$\{\{.*?\}\}", words, re.DOTALL) + (more or []):
        for name in NAMED.finditer(expression):
            if name[1] is None and name[2] is None:
                return None
            found.add((name[1] or name[2]).upper())
    return frozenset(found)


def conditions(definition: JobInFile) -> list[str]:
    steps = [inner for step in definition.steps for inner in (step, *step.parallel)]
    return [step.condition for step in steps if step.condition]
