"""What the key of a job's work is made of, beside its files: all that the database knows of what it depends on."""

from collections.abc import Mapping

from sqlalchemy import select

from dure import vault
from dure.build.asking import secrets_asked
from dure.build.leaving import Artifact
from dure.build.run import Job, Run, contexts_of, planned_in
from dure.ledger import Work
from dure.workflow import KeyFacts, github_named, variables_named
from dure.workflow import gave as digest_of_gifts

KEY_CHARACTERS = 64


# open: the house's own machine.
def facts_of(work: Work, run: Run, job: Job, files: Mapping[str, str], actions: Mapping[str, str]) -> KeyFacts:
    parent = None if job.parent_id is None else work.session.get_one(Job, job.parent_id)
    workflow = planned_in(run, parent).workflow
    definition = workflow.jobs[job.job]
    contexts = contexts_of(work, run, job)
    named = variables_named(definition, workflow)
    variables = {name: value for name, value in contexts["vars"].items() if named is None or name.upper() in named}
    return KeyFacts(
        job=definition,
        workflow_env=workflow.env,
        workflow_defaults=workflow.defaults,
        matrix=job.values,
        inputs=contexts["inputs"],
        files=files,
        actions=actions,
        variables=variables,
        secrets=versions(work, run, job),
        labels=job.wanted_labels,
        github=github_named(definition, workflow, contexts["github"]),
        needs={need: given_by(work, run, job, need) for need in definition.needs},
    )


def versions(work: Work, run: Run, job: Job) -> dict[str, int]:
    wanted = secrets_asked(work, run, job).of_project
    if wanted == frozenset():
        return {}
    cards = vault.secrets_of(work, run.scope)
    return {card.name: card.version for card in cards if wanted is None or card.name.upper() in wanted}


def given_by(work: Work, run: Run, job: Job, need: str) -> list[str]:
    """The key of each job of that name, or where it has none, a digest of what it gave."""
    beside = Job.parent_id.is_(None) if job.parent_id is None else Job.parent_id == job.parent_id
    rows = work.session.scalars(select(Job).where(Job.run_id == run.id, beside, Job.job == need)).all()
    return [row.cache_key if len(row.cache_key) == KEY_CHARACTERS else gave(work, row) for row in rows]


def gave(work: Work, job: Job) -> str:
    left = work.session.execute(select(Artifact.name, Artifact.digest).where(Artifact.job_id == job.id)).all()
    return digest_of_gifts(job.counted, job.given, ((name, digest) for name, digest in left))
