"""The machine that weighs jobs: it reads the hashes of their inputs from git and looks for work that was done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import select

from dure import code, plan
from dure.build.actions import ActionRules, Place, look_for, uses_words
from dure.build.leaving import ARTIFACTS_MAX, artifacts_of, keep_artifact
from dure.build.reuse.facts import facts_of
from dure.build.reuse.result import Result, result_of
from dure.build.run import ASKED, WEIGHED, WEIGHING, Job, Run, Weighing, advance, end_job, locked_run, planned_in
from dure.code import Repositories
from dure.kit import Invalid, Refused, Text, say
from dure.ledger import Move, Phases, Turn, Work
from dure.workflow import actions_of, chosen_files, job_key


@dataclass(frozen=True)
class Waiting:
    """A job to be weighed, as far as the database knows."""

    job_id: int
    attempt: int
    globs: tuple[str, ...]
    actions: Mapping[str, Place]


@dataclass(frozen=True)
class Found:
    """What git says of it."""

    job_id: int
    attempt: int
    files: Mapping[str, str]
    actions: Mapping[str, str]


def weighings(repositories: Repositories, rules: ActionRules) -> Phases[Weighing]:
    def weigh(turn: Turn[Weighing]) -> Move[Weighing]:
        repository_id, sha, waiting = turn.read(lambda work: those_waiting(work, turn.row.run_id, rules))
        found = look_up(repositories, repository_id, sha, waiting) if waiting else []

        def write(work: Work, row: Weighing) -> None:
            settle(work, locked_run(work, row.run_id), found)

        return Move(WEIGHED, after_seconds=None, write=write)

    return Phases(Weighing, {WEIGHING: weigh})


# open: the house's own machine.
def those_waiting(work: Work, run_id: int, rules: ActionRules) -> tuple[int, str, list[Waiting]]:
    run = work.session.get_one(Run, run_id)
    project = plan.project_of(work, run.project_id)
    repository = code.repository_of(work, project)
    if repository is None:
        return 0, run.sha, []
    query = select(Job).where(Job.run_id == run.id, Job.cache_key == ASKED, Job.state == "held")
    waiting = []
    for job in work.session.scalars(query.order_by(Job.id)):
        globs = tuple(msgspec.json.decode(job.cache_globs, type=list[str]))
        waiting.append(Waiting(job.id, job.attempt, globs, places(work, project, run, job, rules)))
    return repository.id, run.sha, waiting


def places(work: Work, project: plan.Project, run: Run, job: Job, rules: ActionRules) -> dict[str, Place]:
    """Where the actions of its steps come from. Those of the workspace are files, and no more than others inputs."""
    parent = None if job.parent_id is None else work.session.get_one(Job, job.parent_id)
    definition = planned_in(run, parent).workflow.jobs[job.job]
    found: dict[str, Place] = {}
    for uses, whole in actions_of(definition).items():
        try:
            found[uses] = look_for(work, project, uses_words(whole), rules)
        except (Invalid, Refused):
            # The job will say so itself when it comes to the step.
            continue
    return found


def look_up(repositories: Repositories, repository_id: int, sha: str, waiting: Sequence[Waiting]) -> list[Found]:
    files = repositories.hashes(repository_id, sha)
    ordered = sorted(files)
    return [
        Found(
            each.job_id,
            each.attempt,
            chosen_files(each.globs, files, ordered),
            {uses: stands_for(repositories, place) for uses, place in each.actions.items()},
        )
        for each in waiting
    ]


def stands_for(repositories: Repositories, place: Place) -> str:
    """The commit of an action. One that only upstream has stands for its own words until it was fetched."""
    if place.words.is_sha:
        return place.words.ref
    if place.repository_id is not None:
        return repositories.resolve(place.repository_id, place.words.ref) or ""
    tree = place.tree or place.before
    return tree.digest if tree is not None else str(place.words)


# open: the house's own machine.
def settle(work: Work, run: Run, found: Sequence[Found]) -> None:
    """Each gets its key. What was done already is taken over, the rest goes on."""
    for each in found:
        job = work.session.get_one(Job, each.job_id)
        if job.state != "held" or job.cache_key != ASKED or job.attempt != each.attempt:
            continue
        job.cache_key = job_key(facts_of(work, run, job, each.files, each.actions))
        job.why = ""
        # Who asks for it again wants it done again.
        if job.attempt == 1:
            take_over(work, run, job)
    advance(work, run)


def take_over(work: Work, run: Run, job: Job) -> None:
    result = result_of(work, run, job.cache_key)
    if result is None or not has_room(work, run, result):
        return
    job.reused_from, job.reused_job, job.reused_by = result.number, result.job_id, result.by
    for left in result.artifacts:
        keep_artifact(work, run, job, left)
    end_job(work, run, job, "success", done_before(result), result.given)


def has_room(work: Work, run: Run, result: Result) -> bool:
    """Whether the run may keep all that was left. Where not, the work is done anew, and the job says what it lacks."""
    names = {each.name for each in artifacts_of(work, run)} | {left.name for left in result.artifacts}
    return len(names) <= ARTIFACTS_MAX


def done_before(result: Result) -> Text:
    if result.number:
        return say("Reused from run {number}.", number=result.number)
    return say("It was done elsewhere, by {name}.", name=result.by) if result.by else say("It was done elsewhere.")
