"""What the token of a job is good for, call by call: its permission decides, and for this one act it has the role."""

from dataclasses import dataclass, replace

from dure.kit import Forbidden, Unauthenticated, say
from dure.people import Caller, Role

READ, WRITE = "read", "write"


@dataclass(frozen=True)
class Wanted:
    """A permission by GitHub's name for it: `issues`, `write`."""

    what: str
    level: str = READ
    instead: str = ""
    """Another that is as good."""


def acting(caller: object, wanted: Wanted) -> Caller:
    """Whoever asks, as they may do this. A person is bounded by their own roles and by their token's scopes."""
    if not isinstance(caller, Caller) or not caller.signed_in:
        raise Unauthenticated(say("Requires authentication"))
    if caller.permissions is None:
        return caller
    if not any(caller.is_permitted(what, wanted.level) for what in (wanted.what, wanted.instead) if what):
        raise Forbidden(say("Resource not accessible by integration"))
    writes = wanted.level == WRITE
    scopes = frozenset({READ, WRITE} if writes else {READ})
    return replace(caller, token_role=Role.DEVELOPER if writes else Role.GUEST, token_scopes=scopes)
