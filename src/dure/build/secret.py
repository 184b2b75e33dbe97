"""Secrets of projects and of their environments: what jobs may be lent. The vault keeps them; who may, is said here."""

from collections.abc import Sequence

from dure import policy, vault
from dure.build.run import environment_named, find_job_environment
from dure.kit import Invalid, Missing, say
from dure.ledger import Work
from dure.plan import Project
from dure.vault import Keyring, SecretCard

TAKEN_PREFIX = "GITHUB_"


def project_secrets(work: Work, project: Project, environment: str = "") -> Sequence[SecretCard]:
    """Their names, and when each was put and lent. Their values are never shown."""
    policy.require(work, "build.secrets", project.scope)
    scope = scope_of(work, project, environment)
    return [] if scope is None else vault.secrets_of(work, scope)


def put_project_secret(
    work: Work, keys: Keyring, project: Project, name: str, value: str, environment: str = ""
) -> SecretCard:
    """Store a secret for the jobs of this project, or of one environment of it, or give one a new value."""
    policy.require(work, "build.secrets", project.scope)
    if name.upper().startswith(TAKEN_PREFIX):
        raise Invalid({"name": say("Names that begin with GITHUB_ are the house's own.")})
    scope = project.scope if not environment else environment_named(work, project, environment).vault
    return vault.put_secret(work, keys, scope, name, value, within=project.scope)


def remove_project_secret(work: Work, project: Project, name: str, environment: str = "") -> None:
    policy.require(work, "build.secrets", project.scope)
    scope = scope_of(work, project, environment)
    if scope is None:
        raise Missing(say("There is no secret {name} here.", name=name[:200]))
    vault.remove_secret(work, scope, name, within=project.scope)


def scope_of(work: Work, project: Project, environment: str) -> str | None:
    """Where the vault has them; None: of this environment nothing is known."""
    if not environment:
        return project.scope
    found = find_job_environment(work, project.id, environment)
    return None if found is None else found.vault
