"""What a job asks for by name: the secrets that stand in its expressions, as far as its callers pass them on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from dure.build.run import Job, Run, above, planned_in
from dure.ledger import Work
from dure.workflow import Job as JobInFile
from dure.workflow import Workflow, has_expression

NAMED = re.compile(r"""\bsecrets\s*(?:\.\s*([A-Za-z_][\w-]*)|\[\s*\\?'([^'\\]+)\\?'\s*\])?""", re.IGNORECASE)
Wanted = frozenset[str] | None
"""Names in capital letters; None: all there are."""


@dataclass(frozen=True)
class Handing:
    """One call on the way: what it passes on of what it has itself."""

    caller: Job
    texts: Mapping[str, str]


@dataclass(frozen=True)
class Asked:
    """What a job asks for itself, what of it comes from the project, and through which calls."""

    own: Wanted
    of_project: Wanted
    handings: tuple[Handing, ...]
    """The nearest first."""


# open: only with a job in hand that was asked for under its policy.
def secrets_asked(work: Work, run: Run, job: Job) -> Asked:
    parent = above(work, job)
    planned = planned_in(run, parent)
    own = wanted = secrets_named(planned.workflow, planned.workflow.jobs[job.job])
    handings: list[Handing] = []
    while parent is not None and wanted != frozenset():
        caller, parent = parent, above(work, parent)
        given = planned_in(run, parent).workflow.jobs[caller.job].secrets
        if given != "inherit":
            texts = passed(given or {}, wanted)
            handings.append(Handing(caller, texts))
            wanted = names_in(msgspec.json.encode(texts).decode())
    return Asked(own, wanted, tuple(handings))


def passed(given: Mapping[str, str], wanted: Wanted) -> dict[str, str]:
    """What of a call's `secrets` is asked for inside it."""
    return {
        name: words for name, words in given.items() if wanted is None or has_expression(name) or name.upper() in wanted
    }


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
