"""`dure plan`: the jobs as a tree, each with the reason why it would run or not, as far as that is known before."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import msgspec
from msgspec import Struct

from dure.kit import Refused, plain, say, told
from dure.local.asking import Asked, Choice
from dure.local.course import Part
from dure.workflow import Finished, Job, Result, call_inputs, decide, expand, needs_context, text_of


class Foreseen(Struct, kw_only=True, omit_defaults=True):
    """One job, as far as can be told."""

    job: str
    name: str
    word: str
    """run, skip, fail, or depends: what it needs decides."""
    why: str
    needs: list[str]
    instances: list[str] = []
    calls: str = ""
    """The workflow that runs in its place, and its jobs."""
    jobs: list["Foreseen"] = []


class ForeseenWorkflow(Struct, kw_only=True):
    path: str
    name: str
    begins: bool
    why: str
    jobs: list[Foreseen]


def print_plan(chosen: Sequence[Choice], parts: Sequence[Part], asked: Asked, *, as_json: bool) -> None:
    by_path = {part.workflow.path: part for part in parts}
    made = [foreseen(choice, by_path.get(choice.found.path), asked) for choice in chosen]
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(made)).decode())
        return
    for workflow in made:
        for line in lines_of(workflow):
            print(plain(line))


def lines_of(workflow: ForeseenWorkflow) -> Iterator[str]:
    yield f"{workflow.path}  {workflow.name}: {workflow.why}"
    yield from tree(workflow.jobs, "")


def tree(jobs: Sequence[Foreseen], before: str) -> Iterator[str]:
    for place, job in enumerate(jobs):
        last = place == len(jobs) - 1
        yield f"{before}{'└─' if last else '├─'} {job.job}  {told(WORDS[job.word])}: {job.why}"
        deeper = f"{before}{'   ' if last else '│  '}"
        yield from (f"{deeper}  · {instance}" for instance in job.instances)
        yield from tree(job.jobs, deeper)


WORDS = {"run": say("runs"), "skip": say("is skipped"), "fail": say("fails"), "depends": say("depends")}


def foreseen(choice: Choice, part: Part | None, asked: Asked) -> ForeseenWorkflow:
    workflow = choice.found.workflow
    jobs = [] if part is None else list(jobs_of(part, asked))
    return ForeseenWorkflow(
        path=choice.found.path, name=workflow.name, begins=choice.verdict.yes, why=told(choice.verdict.why), jobs=jobs
    )


def jobs_of(part: Part, asked: Asked) -> Iterator[Foreseen]:
    """In the order of the file. A job that needs others is judged as if they went well."""
    made: dict[str, Foreseen] = {}
    for name in in_order(part):
        ends: dict[str, Result] = {
            known: "skipped" if known in made and made[known].word == "skip" else "success"
            for known in part.workflow.jobs
        }
        finished = {known: Finished(result) for known, result in ends.items()}
        job = made[name] = of_job(part, part.workflow.jobs[name], finished, asked)
        if job.word == "run" and (called := called_by(part, name)) is not None:
            job.calls, job.jobs = called.workflow.path, list(jobs_of(called, asked))
    yield from (made[name] for name in part.workflow.jobs)


def called_by(part: Part, name: str) -> Part | None:
    """The workflow that a job calls, as far as its inputs are known."""
    key, job = part.planned.calls.get(name, ""), part.workflow.jobs[name]
    if not key:
        return None
    planned = part.plan.at(key)
    call, outside = planned.workflow.triggers.call, {"github": part.known["github"], "vars": part.known["vars"]}
    inputs: dict[str, Any] = {}
    with suppress(Refused):
        inputs = {} if call is None else call_inputs(call, job, part.known, outside)
    return Part(part.plan, planned, {**outside, "inputs": inputs}, {})


def in_order(part: Part) -> list[str]:
    """What is needed comes before what needs it."""
    order: list[str] = []
    while left := [name for name in part.workflow.jobs if name not in order]:
        can = [name for name in left if all(need in order for need in part.workflow.jobs[name].needs)]
        order += can or left
    return order


def of_job(part: Part, job: Job, finished: dict[str, Finished], asked: Asked) -> Foreseen:
    contexts = {**part.known, "needs": needs_context(job, finished)}
    decision = decide(part.workflow, job, finished, part.known)
    word: str = decision.word
    why, instances = told(decision.why), list[str]()
    if job.needs and "needs." in (job.condition or ""):
        return described(job, "depends", unknown(job), [])
    if job.needs and word == "run" and not job.condition:
        why = told(say("If these end well: {jobs}.", jobs=", ".join(job.needs)))
    if word == "run":
        word, why, instances = spread(job, contexts, why, asked)
    return described(job, word, why, instances)


def described(job: Job, word: str, why: str, instances: list[str]) -> Foreseen:
    return Foreseen(job=job.id, name=job.name or job.id, word=word, why=why, needs=list(job.needs), instances=instances)


def spread(job: Job, contexts: dict[str, Any], why: str, asked: Asked) -> tuple[str, str, list[str]]:
    if job.strategy is None or job.strategy.matrix is None:
        return "run", why, []
    if job.needs and "needs." in msgspec.json.encode(job.strategy).decode():
        return "run", why, [unknown(job)]
    try:
        made = expand(job, contexts)
    except Refused as broken:
        return "fail", told(broken.text), []
    wanted = [
        each.name
        for each in made
        if asked.wants(each.matrix, {key: text_of(value) for key, value in (each.matrix or {}).items()})
    ]
    return ("run", why, wanted) if wanted else ("skip", told(say("None of its combinations fits --matrix.")), [])


def unknown(job: Job) -> str:
    return told(say("known when {jobs} are over", jobs=", ".join(job.needs)))
