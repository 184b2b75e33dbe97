"""Secrets of a project: what its jobs may be lent. The vault keeps them; who may do what is said here."""

from collections.abc import Sequence

from dure import policy, vault
from dure.kit import Invalid, say
from dure.ledger import Work
from dure.plan import Project
from dure.vault import Keyring, SecretCard

TAKEN_PREFIX = "GITHUB_"


def project_secrets(work: Work, project: Project) -> Sequence[SecretCard]:
    """Their names, and when each was put and lent. Their values are never shown."""
    policy.require(work, "build.secrets", project.scope)
    return vault.secrets_of(work, project.scope)


def put_project_secret(work: Work, keys: Keyring, project: Project, name: str, value: str) -> SecretCard:
    """Store a secret for the jobs of this project, or give one a new value."""
    policy.require(work, "build.secrets", project.scope)
    if name.upper().startswith(TAKEN_PREFIX):
        raise Invalid({"name": say("Names that begin with GITHUB_ are the house's own.")})
    return vault.put_secret(work, keys, project.scope, name, value)


def remove_project_secret(work: Work, project: Project, name: str) -> None:
    policy.require(work, "build.secrets", project.scope)
    vault.remove_secret(work, project.scope, name)
