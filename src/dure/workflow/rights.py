"""Permissions: what a job may do by them, and which rights one asks for beyond what another has."""

from collections.abc import Iterable, Mapping

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
ID_TOKEN = "id-token"  # noqa: S105 - the name of a permission
USUAL: Mapping[str, Level] = {"contents": "read", "metadata": "read", "packages": "read"}
"""Where neither the job nor its workflow says anything."""
KNOWN = (
    *("actions", "artifact-metadata", "attestations", "checks", "contents", "deployments", "discussions", ID_TOKEN),
    *("issues", "metadata", "models", "packages", "pages", "pull-requests", "repository-projects"),
    *("security-events", "statuses"),
)
"""What `read-all` and `write-all` give to a token of this house."""


def granted_by(said: Iterable[Permissions | None], *, is_fork: bool = False) -> dict[str, Level]:
    """What the token of a job may do of which this is said: last by itself or else its workflow, before that by the
    jobs that call its workflow or else theirs, the outermost first. Who is called gets no more than its caller has,
    and all of that where nothing is said."""
    outermost, *inner = said
    given = permitted(outermost, is_fork)
    for each in inner:
        if each is not None:
            given = within(permitted(each, is_fork), given)
    return given


def permitted(said: Permissions | None, is_fork: bool) -> dict[str, Level]:
    """What is not named is not given."""
    given = dict(USUAL) if said is None else spelled_out(said)
    if is_fork:
        given = {what: "read" for what in given if what != ID_TOKEN}
    return {what: level for what, level in sorted(given.items()) if level != "none"}


def spelled_out(said: Permissions) -> dict[str, Level]:
    if said.all is not None:
        every: dict[str, Level] = {what: said.all for what in KNOWN if what != ID_TOKEN or said.all == "write"}
        return {**every, **said.scopes}
    return {"metadata": "read", **said.scopes}


def within(inner: Mapping[str, Level], outer: Mapping[str, Level]) -> dict[str, Level]:
    lower = {what: min(level, outer.get(what, "none"), key=RANKS.__getitem__) for what, level in inner.items()}
    return {what: level for what, level in lower.items() if level != "none"}


def level_of(rights: Permissions, scope: str) -> Level:
    return rights.all or rights.scopes.get(scope, "none")


def exceeding(wanted: Permissions, allowed: Permissions) -> list[str]:
    """The scopes in which more is wanted than is allowed."""
    named = [scope for scope in OTHERS if scope in wanted.scopes or scope in allowed.scopes]
    return [scope for scope in (*FIRST, *named) if RANKS[level_of(wanted, scope)] > RANKS[level_of(allowed, scope)]]


def rights_of(rights: Permissions, scopes: Iterable[str]) -> str:
    """In words: `actions: read, checks: none`."""
    return ", ".join(f"{scope}: {level_of(rights, scope)}" for scope in scopes)
