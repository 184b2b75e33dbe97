"""What a job leaves behind, handed in by its runner, and what other jobs of its run may fetch."""

from collections.abc import Sequence

from sqlalchemy import select

from dure.build.leaving import Artifact, Left, artifacts_of, drop_artifact, keep_artifact, keep_report
from dure.build.run import Job, Run
from dure.build.runners.mine import Holding, NotYours, in_the_house, locked_job
from dure.kit import Missing, say
from dure.ledger import Work
from dure.wire import ArtifactCard, ArtifactTaken


# open: a runner speaks of its own job.
def hand_in_artifact(work: Work, held: Holding, left: Left) -> Artifact:
    work = in_the_house(work)
    theirs = locked_job(work, held.runner_id, held.job_id, held.attempt)
    return keep_artifact(work, theirs.run, theirs.job, left)


# open: a runner speaks of its own job.
def hand_in_report(work: Work, held: Holding, name: str, kept: ArtifactTaken) -> None:
    work = in_the_house(work)
    theirs = locked_job(work, held.runner_id, held.job_id, held.attempt)
    keep_report(work, theirs.run, theirs.job, name, kept.digest, kept.size)


# open: a runner speaks of its own job.
def take_back_artifact(work: Work, held: Holding, name: str) -> None:
    work = in_the_house(work)
    drop_artifact(work, locked_job(work, held.runner_id, held.job_id, held.attempt).run, name)


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


# open: a runner asks for the run that it has a job of.
def artifact_cards(work: Work, runner_id: int, run_id: int) -> list[ArtifactCard]:
    """What jobs are told of the artifacts of their run."""
    found = artifacts_for(work, runner_id, run_id)
    tries = work.session.execute(select(Job.id, Job.attempt).where(Job.run_id == run_id))
    attempts = {job: attempt for job, attempt in tries.all()}  # noqa: C416 - rows are no pairs
    return [
        ArtifactCard(
            id=each.id,
            name=each.name,
            digest=each.digest,
            size=each.size,
            kind=each.kind,
            job_id=each.job_id,
            kept_at=each.kept_at,
            stale=attempts.get(each.job_id) != each.attempt,
        )
        for each in found
    ]
