"""What a job leaves behind, handed in by its runner, and what other jobs of its run may fetch."""

from collections.abc import Callable, Sequence

from sqlalchemy import select

from dure.build.leaving import Artifact, artifacts_of, keep_artifact, keep_report
from dure.build.run import Job, Run
from dure.build.runners.mine import NotYours, in_the_house, locked_job
from dure.kit import Missing, say
from dure.ledger import Work
from dure.wire import ArtifactTaken

Keep = Callable[[Work, Run, Job, str, str, int], None]


# open: a runner speaks of its own job.
def hand_in_artifact(work: Work, runner_id: int, job_id: int, attempt: int, name: str, kept: ArtifactTaken) -> None:
    hand_in(work, runner_id, job_id, attempt, name, kept, keep_artifact)


# open: a runner speaks of its own job.
def hand_in_report(work: Work, runner_id: int, job_id: int, attempt: int, name: str, kept: ArtifactTaken) -> None:
    hand_in(work, runner_id, job_id, attempt, name, kept, keep_report)


def hand_in(work: Work, runner_id: int, job_id: int, attempt: int, name: str, kept: ArtifactTaken, keep: Keep) -> None:
    work = in_the_house(work)
    theirs = locked_job(work, runner_id, job_id, attempt)
    keep(work, theirs.run, theirs.job, name, kept.digest, kept.size)


# open: a runner asks for the run that it has a job of.
def artifacts_for(work: Work, runner_id: int, run_id: int) -> Sequence[Artifact]:
    """The artifacts of a run in which this runner has a job now."""
    mine = select(Job.id).where(Job.run_id == run_id, Job.runner_id == runner_id, Job.state == "running")
    run = work.session.get(Run, run_id)
    if run is None or work.session.scalars(mine.limit(1)).first() is None:
        raise NotYours
    return artifacts_of(work, run)


# open: a runner asks for the run that it has a job of.
def artifact_for(work: Work, runner_id: int, run_id: int, name: str) -> Artifact:
    for artifact in artifacts_for(work, runner_id, run_id):
        if artifact.name == name:
            return artifact
    raise Missing(say("This run has no artifact {name}.", name=name[:200]))
