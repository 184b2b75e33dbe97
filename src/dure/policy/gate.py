"""The gate: may this actor do this here? Every verb that touches a project asks before it does anything.

The answer comes from the actor's role in the scope, and from what a token was made for. What somebody may not even
read does not exist for them, so the refusal never tells that it does.
"""

from collections.abc import Callable
from dataclasses import dataclass

from dure.kit import Forbidden, Missing, Text, say
from dure.ledger import Work
from dure.people import TOKEN_SCOPES, Caller, Role, role_of, scopes_of


@dataclass(frozen=True)
class Action:
    """Something a person can do, and what it takes."""

    name: str
    role: Role
    words: Text
    """What it is, to follow "may": "close issues"."""
    token: str
    """The least scope that a token needs for it."""
    own: Role | None
    """A lower role that is enough for what the actor made."""

    def role_needed(self, *, own: bool) -> Role:
        return self.own if own and self.own is not None else self.role


REGISTER: dict[str, Action] = {}


def action(name: str, role: Role, words: Text, *, token: str = "write", own: Role | None = None) -> Action:  # noqa: S107
    """Make an action known. Each is declared once, by the noun that it belongs to."""
    if name in REGISTER:
        raise TypeError(f"two actions are called {name!r}")
    if token not in TOKEN_SCOPES:
        raise TypeError(f"{name!r} asks for the token scope {token!r}, which there is not")
    if own is not None and own > role:
        raise TypeError(f"{name!r} asks for a higher role for one's own things than for those of others")
    REGISTER[name] = Action(name, role, words, token, own)
    return REGISTER[name]


def actions() -> list[Action]:
    """Every action there is, by name."""
    return [REGISTER[name] for name in sorted(REGISTER)]


def require(work: Work, name: str, scope: str, *, own: bool = False) -> None:
    """Go on if the actor may do this here. `own` says that it is about a thing of the actor's own making."""
    wanted = REGISTER[name]
    role = role_of(work, scope)
    if role is None:
        raise Missing
    needed = wanted.role_needed(own=own)
    if role < needed:
        raise Forbidden(
            say(
                "Your role here is {role}. It takes the role {needed} to {act}.",
                role=role.title,
                needed=needed.title,
                act=wanted.words,
            )
        )
    if isinstance(work.actor, Caller) and not work.actor.may_use(wanted.token):
        raise Forbidden(
            say("This token cannot {act}: that needs the scope {scope}.", act=wanted.words, scope=wanted.token)
        )


def may(work: Work, name: str, scope: str, *, own: bool = False) -> bool:
    """The same as a question: for buttons that would lead nowhere, and for lists."""
    try:
        require(work, name, scope, own=own)
    except (Forbidden, Missing):
        return False
    return True


def readable_scopes(work: Work) -> frozenset[str] | None:
    """All scopes that the actor may read; None: every one there is."""
    return scopes_of(work)


def readable(work: Work) -> Callable[[str], bool]:
    """Whether the actor may read a scope, for many scopes at the price of one question."""
    scopes = scopes_of(work)
    return lambda scope: scopes is None or scope in scopes
