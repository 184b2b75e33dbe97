"""Who asks, as the whole house knows them while one request lasts."""

from dataclasses import dataclass

from dure.ledger import Actor
from dure.people.role import Role

TOKEN_SCOPES = ("read", "write", "admin")
"""What a token may be good for. Each contains those before it."""


@dataclass(frozen=True)
class Caller(Actor):
    """Somebody signed in, or a token. The shell sees a Viewer in it, policy the bounds of what it may do."""

    person_id: int | None = None
    """None for a project's token, which acts for nobody but itself."""
    full_name: str = ""
    is_admin: bool = False
    language: str | None = None
    theme: str | None = None
    signed_in: bool = True
    token_scopes: frozenset[str] | None = None
    """None: a browser session, which is bounded by nothing but the person's roles."""
    token_project: str | None = None
    token_role: Role | None = None
    token_id: int | None = None
    permissions: frozenset[str] | None = None
    """Of a job's token: `name:level` as its workflow says. None: it is no token of a job."""
    session_id: int | None = None

    def is_permitted(self, what: str, level: str) -> bool:
        """Whether the token of a job was made for this. Whoever is no job is bounded by roles alone."""
        said = self.permissions
        return said is None or f"{what}:write" in said or (level == "read" and f"{what}:read" in said)

    def may_use(self, scope: str) -> bool:
        return self.token_scopes is None or scope in self.token_scopes
