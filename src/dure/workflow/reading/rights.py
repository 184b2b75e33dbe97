"""Permissions compared: which rights one asks for beyond what another has."""

from collections.abc import Iterable

from dure.workflow.syntax import PERMISSIONS
from dure.workflow.workflow import Level, Permissions

RANKS: dict[Level, int] = {"none": 0, "read": 1, "write": 2}
FIRST = (
    "actions",
    "checks",
    "contents",
    "deployments",
    "discussions",
    "issues",
    "packages",
    "pages",
    "pull-requests",
    "repository-projects",
    "statuses",
    "security-events",
    "id-token",
)
"""What `read-all` and `write-all` are told as, in the order in which GitHub tells it."""
OTHERS = tuple(sorted(set(PERMISSIONS) - set(FIRST)))


def level_of(rights: Permissions, scope: str) -> Level:
    return rights.all or rights.scopes.get(scope, "none")


def exceeding(wanted: Permissions, allowed: Permissions) -> list[str]:
    """The scopes in which more is wanted than is allowed."""
    named = [scope for scope in OTHERS if scope in wanted.scopes or scope in allowed.scopes]
    return [scope for scope in (*FIRST, *named) if RANKS[level_of(wanted, scope)] > RANKS[level_of(allowed, scope)]]


def rights_of(rights: Permissions, scopes: Iterable[str]) -> str:
    """In words: `actions: read, checks: none`."""
    return ", ".join(f"{scope}: {level_of(rights, scope)}" for scope in scopes)
