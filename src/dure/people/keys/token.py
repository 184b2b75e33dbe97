"""Tokens: keys for programs. A personal one acts for a person, a project's one for the project alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, delete, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from dure.kit import Forbidden, Missing, Refused, Text, Unauthenticated, digest, new_secret, now, say
from dure.ledger import Event, Moment, Table, Work
from dure.people.caller import TOKEN_SCOPES, Caller
from dure.people.grant import within_reach
from dure.people.person import Person, access_changed, account, plain, refuse
from dure.people.role import Role

PERSONAL_PREFIX = "dure_pat"
PROJECT_PREFIX = "dure_prt"
DAYS = 90
DAYS_MAX = 366
NAME_LIMIT_CHARACTERS = 100
TOKENS_MAX = 100
"""Living tokens of one person or one project."""
USED_SECONDS = 60
"""How exactly we know when a token was last used."""
KEPT_DAYS = 30
"""A dead token is remembered this long, to say of what it died."""
HINT_CHARACTERS = 4


class Token(Table):
    __tablename__ = "token"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    digest: Mapped[str] = mapped_column(unique=True)
    hint: Mapped[str]
    """The last letters of the secret, by which its owner knows it again."""
    name: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    within: Mapped[str | None] = mapped_column(index=True)
    """The one place where a project's token is good for anything."""
    role: Mapped[int | None]
    scopes: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(Moment)
    made_by: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment, default=None)

    @property
    def scope_words(self) -> list[str]:
        return self.scopes.split(" ")

    @property
    def role_here(self) -> Role | None:
        return Role(self.role) if self.role is not None else None


@dataclass(frozen=True)
class NewToken:
    secret: str
    token: Token


@dataclass(frozen=True, kw_only=True)
class TokenMade(Event, kind="people.token_made"):
    token: int
    name: str
    scopes: str
    days: int

    def sentence(self) -> Text:
        return say("made the token {name} ({scopes})", name=self.name, scopes=self.scopes)


@dataclass(frozen=True, kw_only=True)
class TokenRevoked(Event, kind="people.token_revoked"):
    token: int
    name: str

    def sentence(self) -> Text:
        return say("revoked the token {name}", name=self.name)


def make_token(work: Work, *, name: str, scopes: Sequence[str] = ("write",), days: int = DAYS) -> NewToken:
    """A token that acts for the one who makes it. A token can only make others if it has the scope admin."""
    caller = work.actor
    if not isinstance(caller, Caller) or caller.person_id is None:
        raise Forbidden(say("Only a person can make a personal token."))
    if not caller.may_use("admin"):
        raise Forbidden(say("This needs a token with the scope {scope}.", scope="admin"))
    return make_token_for(work, caller.person_id, name=name, scopes=scopes, days=days)


def make_token_for(work: Work, person_id: int, *, name: str, scopes: Sequence[str], days: int) -> NewToken:
    """For somebody who has just proved who they are."""
    person = account(work, person_id)
    made = make(work, PERSONAL_PREFIX, name, scopes, days, person_id=person_id)
    record_making(work, made.token, days, about=person.ref)
    return made


def make_project_token(
    work: Work, scope: str, *, name: str, role: Role, scopes: Sequence[str] = ("write",), days: int = DAYS
) -> NewToken:
    """A token with a role in one project and nowhere else. Ask policy before."""
    within_reach(work, scope, role)
    if role >= Role.OWNER:
        raise Refused(say("A token can be a maintainer at most."))
    made = make(work, PROJECT_PREFIX, name, scopes, days, within=scope, role=role)
    record_making(work, made.token, days, about=scope)
    return made


def make(
    work: Work,
    prefix: str,
    name: str,
    scopes: Sequence[str],
    days: int,
    *,
    person_id: int | None = None,
    within: str | None = None,
    role: Role | None = None,
) -> NewToken:
    name = plain(name)
    refuse(name=check_name(name), scopes=check_scopes(scopes), days=check_days(days))
    whose = Token.person_id == person_id if within is None else Token.within == within
    time = now()
    living = select(func.count(Token.id)).where(whose, Token.revoked_at.is_(None), Token.expires_at > time)
    if work.session.execute(living).scalar_one() >= TOKENS_MAX:
        raise Refused(say("There are {count} tokens already. Revoke those that nobody needs.", count=TOKENS_MAX))
    secret = new_secret(prefix)
    token = Token(
        digest=digest(secret),
        hint=secret[-HINT_CHARACTERS:],
        name=name,
        person_id=person_id,
        within=within,
        role=role,
        scopes=" ".join(scope for scope in TOKEN_SCOPES if scope in whole(scopes)),
        made_at=time,
        made_by=work.actor.ref,
        expires_at=time + timedelta(days=days),
    )
    work.add(token)
    return NewToken(secret, token)


def record_making(work: Work, token: Token, days: int, *, about: str) -> None:
    event = TokenMade(token=token.id, name=token.name, scopes=token.scopes, days=days)
    work.record(event, about=[about], within=about)


def revoke_token(work: Work, token_id: int, *, person_id: int | None = None, within: str | None = None) -> None:
    """End a token of this person, or of this project."""
    token = work.session.get(Token, token_id)
    if token is None or (token.person_id, token.within) != (person_id, within) or token.revoked_at is not None:
        raise Missing(say("There is no such token, or it has been revoked already."))
    token.revoked_at = now()
    about = within or f"person:{person_id}"
    work.record(TokenRevoked(token=token.id, name=token.name), about=[about], within=about)
    access_changed(work)


def tokens_of(work: Work, person_id: int) -> Sequence[Token]:
    """Somebody's tokens that have not been revoked, the newest first."""
    query = select(Token).where(Token.person_id == person_id, Token.revoked_at.is_(None))
    return work.session.scalars(query.order_by(Token.id.desc())).all()


def tokens_in(work: Work, scope: str) -> Sequence[Token]:
    """A project's tokens that have not been revoked, the newest first."""
    query = select(Token).where(Token.within == scope, Token.revoked_at.is_(None))
    return work.session.scalars(query.order_by(Token.id.desc())).all()


def find_token(work: Work, shown: str) -> tuple[Token, Person | None]:
    """Whose token this is. One that is good for nothing any more says why."""
    query = select(Token, Person).outerjoin(Person, Person.id == Token.person_id).where(Token.digest == shown)
    row = work.session.execute(query).first()
    if row is None:
        raise Unauthenticated(say("Nobody here knows this token. Make a new one, or sign in again."))
    token, person = row.Token, row.Person
    if token.revoked_at is not None:
        raise Unauthenticated(say("This token was revoked. Make a new one, or sign in again."))
    if token.expires_at <= now():
        raise Unauthenticated(say("This token has expired. Make a new one, or sign in again."))
    if person is not None and person.is_disabled:
        raise Unauthenticated(say("This account is disabled. Ask an admin of this Dure."))
    return token, person


def is_due_for_note(token: Token) -> bool:
    return token.used_at is None or (now() - token.used_at).total_seconds() > USED_SECONDS


def note_use(work: Work, token_id: int) -> None:
    work.session.execute(update(Token).where(Token.id == token_id).values(used_at=now()))


def forget_tokens_in(work: Work, scope: str) -> None:
    """The project is gone, and its tokens."""
    work.session.execute(delete(Token).where(Token.within == scope))
    access_changed(work)


def forget_dead_tokens(work: Work) -> None:
    long_ago = now() - timedelta(days=KEPT_DAYS)
    work.session.execute(delete(Token).where((Token.expires_at < long_ago) | (Token.revoked_at < long_ago)))


def whole(scopes: Sequence[str]) -> frozenset[str]:
    """The scopes with those that they contain."""
    highest = max((TOKEN_SCOPES.index(scope) for scope in scopes), default=-1)
    return frozenset(TOKEN_SCOPES[: highest + 1])


def check_name(name: str) -> Text | None:
    if not name:
        return say("Say what the token is for.")
    if len(name) > NAME_LIMIT_CHARACTERS:
        return say("At most {count} characters, please.", count=NAME_LIMIT_CHARACTERS)
    return None


def check_scopes(scopes: Sequence[str]) -> Text | None:
    if not scopes or not set(scopes) <= set(TOKEN_SCOPES):
        return say("A token has one of the scopes {words}.", words=", ".join(TOKEN_SCOPES))
    return None


def check_days(days: int) -> Text | None:
    if not 1 <= days <= DAYS_MAX:
        return say("A token lives 1 to {days} days.", days=DAYS_MAX)
    return None
