"""Runs as they are told over the API."""

from dure.build.actions import Mirror
from dure.build.planning import Offer
from dure.build.run import Job, Run, Step
from dure.build.shown import RunnerSeen, RunPage
from dure.kit import Text
from dure.plan import Project
from dure.vault import SecretCard
from dure.wire import (
    ActionInfo,
    OfferInput,
    RunArtifactInfo,
    RunDetail,
    RunInfo,
    RunJobInfo,
    RunnerInfo,
    RunnerJobInfo,
    RunStepInfo,
    SecretInfo,
    WorkflowMistake,
    WorkflowOffer,
)

PUBLIC = {"held": "waiting", "offered": "queued", "calling": "running"}


def in_words(text: Text | None, language: str) -> str | None:
    return None if text is None else text.into(language)


def run_told(project: Project, run: Run, language: str) -> RunInfo:
    return RunInfo(**run_words(project, run, language))  # type: ignore[arg-type]


def run_words(project: Project, run: Run, language: str) -> dict[str, object]:
    return {
        "number": run.number,
        "workflow": run.workflow_name,
        "path": run.workflow_path,
        "title": run.title,
        "event": run.event,
        "state": run.state,
        "why": in_words(run.reason, language),
        "sha": run.sha,
        "ref": run.ref,
        "actor": run.actor_name,
        "attempt": run.attempt,
        "made_at": run.made_at,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "url": f"/{project.path}/runs/{run.number}",
    }


def detail_told(found: RunPage, steps: dict[int, list[Step]], runners: dict[int, str], language: str) -> RunDetail:
    base = f"/{found.project.path}/runs/{found.run.number}"
    jobs = [
        job_told(job, steps.get(job.id, []), runners, in_words(found.reasons[job.id], language), base, language)
        for job in found.jobs
    ]
    return RunDetail(
        **run_words(found.project, found.run, language),  # type: ignore[arg-type]
        jobs=jobs,
        artifacts=[
            RunArtifactInfo(name=one.name, digest=one.digest, size=one.size, url=f"{base}/artifacts/{one.id}")
            for one in found.artifacts
        ],
        mistakes=[
            WorkflowMistake(
                line=one.line, column=one.column, message=in_words(one.text, language) or "", source=one.source
            )
            for one in found.run.found_mistakes
        ],
    )


def job_told(
    job: Job, steps: list[Step], runners: dict[int, str], why: str | None, base: str, language: str
) -> RunJobInfo:
    return RunJobInfo(
        id=job.id,
        key=job.key,
        name=job.name,
        state=PUBLIC.get(job.state, job.state),  # type: ignore[arg-type]
        why=why,
        needs=job.needed,
        attempt=job.attempt,
        runner=None if job.runner_id is None else runners.get(job.runner_id),
        isolation=job.isolation,
        started_at=job.started_at,
        ended_at=job.ended_at,
        outputs=job.given,
        steps=[step_told(step, language) for step in steps],
        url=f"{base}/jobs/{job.id}",
        reused_from=job.reused_from,
        reused_url=reused_url(base, job),
        reused_by=job.reused_by,
        environment=job.environment,
        environment_url=job.environment_url,
    )


def reused_url(base: str, job: Job) -> str:
    """Where the log of who did the work is read."""
    if not job.reused_from:
        return ""
    run = f"{base.rpartition('/')[0]}/{job.reused_from}"
    return f"{run}/jobs/{job.reused_job}" if job.reused_job else run


def step_told(step: Step, language: str) -> RunStepInfo:
    return RunStepInfo(
        number=step.number,
        name=step.name,
        state=step.state,
        exit_code=step.exit_code,
        why=in_words(step.reason, language),
        started_at=step.started_at,
        ended_at=step.ended_at,
        log_start=step.log_start,
        log_end=step.log_end,
        kind=step.kind,
    )


def offer_told(offer: Offer) -> WorkflowOffer:
    inputs = [
        OfferInput(
            name=name,
            type=asked.type,
            description=asked.description,
            required=asked.required,
            default=asked.default,
            options=list(asked.options),
            deprecation=asked.deprecation,
        )
        for name, asked in offer.trigger.inputs.items()
    ]
    return WorkflowOffer(path=offer.path, workflow=offer.name, ref=offer.ref, sha=offer.sha, inputs=inputs)


def secret_told(card: SecretCard) -> SecretInfo:
    return SecretInfo(name=card.name, version=card.version, updated_at=card.updated_at, lent_at=card.lent_at)


def action_told(row: Mirror) -> ActionInfo:
    return ActionInfo(
        name=row.name,
        ref=row.ref,
        sha=row.sha,
        digest=row.digest,
        size=row.size,
        source=row.source,  # type: ignore[arg-type]
        kept_by=row.kept_by,
        kept_at=row.kept_at,
        used_at=row.used_at,
    )


def runner_told(seen: RunnerSeen) -> RunnerInfo:
    runner = seen.runner
    return RunnerInfo(
        name=runner.name,
        project="" if seen.project is None else seen.project.path,
        ephemeral=runner.ephemeral,
        labels=sorted(runner.has),
        tier=runner.tier,
        isolation=runner.isolation,
        capacity=runner.capacity,
        version=runner.version,
        other_version=seen.is_of_other_version,
        away=runner.is_away,
        drained=runner.is_drained,
        drained_by=runner.drained_by,
        busy=seen.busy,
        jobs=[
            RunnerJobInfo(name=one.job.name, project=one.project.path, url=one.url, since=one.job.started_at)
            for one in seen.jobs
        ],
        seen_at=runner.seen_at,
    )
