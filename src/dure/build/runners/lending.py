"""What secrets a job is lent: those that its file names, and inside a called workflow only what its callers pass on."""

from dure import vault
from dure.build.asking import Wanted, secrets_asked
from dure.build.run import Job, Run, contexts_of, find_job_environment
from dure.ledger import Work
from dure.plan import Project
from dure.vault import Keyring
from dure.workflow import resolve_texts

JOB_TOKEN = "GITHUB_TOKEN"  # noqa: S105 - a name, not a token


# open: a runner with a job of this project, which the house has given to it.
def lent(work: Work, keys: Keyring, project: Project, run: Run, job: Job, token: str) -> dict[str, str]:
    """The secrets that the job names, and no others."""
    asked = secrets_asked(work, run, job)
    values = of_the_vault(work, keys, project, project.scope, job, asked.of_project)
    if asked.handings:
        values[JOB_TOKEN] = token
    for handing in reversed(asked.handings):
        values = resolve_texts(handing.texts, {**contexts_of(work, run, handing.caller), "secrets": {**values}})
    place = find_job_environment(work, project.id, job.environment) if job.environment else None
    if place is not None:
        values = over(values, of_the_vault(work, keys, project, place.vault, job, asked.own))
    return {name: value for name, value in values.items() if value}


def over(values: dict[str, str], own: dict[str, str]) -> dict[str, str]:
    """What an environment has of its own stands in the place of what the project has under that name."""
    names = {name.upper() for name in own}
    return {**{name: value for name, value in values.items() if name.upper() not in names}, **own}


def of_the_vault(work: Work, keys: Keyring, project: Project, scope: str, job: Job, wanted: Wanted) -> dict[str, str]:
    if wanted == frozenset():
        return {}
    there = [card.name for card in vault.secrets_of(work, scope)]
    names = [name for name in there if wanted is None or name.upper() in wanted]
    values = vault.lend(work, keys, scope, names, to=job.ref, within=project.scope) if names else {}
    return {name: secret.text() for name, secret in values.items()}
