"""A person: somebody with an account. The handle is for ever, because the ledger speaks of people by it."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, false, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from dure.kit import LANGUAGES, Forbidden, Invalid, Missing, Refused, Text, now, say
from dure.ledger import HOUSE, Event, Moment, Table, Work
from dure.people.caller import Caller

HANDLE = re.compile(r"[a-z0-9](?:[a-z0-9]|-(?=[a-z0-9])){1,38}")
NAME_LIMIT_CHARACTERS = 100
EMAIL = re.compile(r"[^\s\x00-\x1f\x7f@<>\"']+@[^\s\x00-\x1f\x7f@<>\"']+\.[^\s\x00-\x1f\x7f@<>\"']+")
EMAIL_LIMIT_CHARACTERS = 254
THEMES = ("light", "dark")
BELL = "people"
"""Rung when what we know of a person or a token changes, so that no house goes by old knowledge."""
ACCESS = "access"
"""Rung when somebody may do less than before, so that what they are following ends."""

OUR_WORDS = (
    "about account admin all anonymous api app apps assets auth blog boards builds chat code dashboard deploy deploys "
    "docs dure errors everyone explore export favicon feed files flags git groups health healthz help home host house "
    "incidents insight issues join ledger live login logout loop manifest me members metrics monitor new nobody none "
    "oauth ofrep operate otlp people plan policy preferences projects public raw register registry releases robots "
    "queue root runner runners search security services settings sign-in sign-out sign-up static status storage "
    "support system team teams test token tokens user users v1 v2 vault verify webhooks welcome well-known www"
)
RESERVED = frozenset(OUR_WORDS.split())
"""First parts of our own addresses, now or later: nobody may be called so."""


class Person(Table):
    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    handle: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(Moment)
    email: Mapped[str | None] = mapped_column(default=None)
    password: Mapped[str | None] = mapped_column(default=None, repr=False)
    """The argon2id hash. A person without one signs in by a link that an admin makes."""
    password_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    admin_since: Mapped[datetime | None] = mapped_column(Moment, default=None)
    disabled_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    language: Mapped[str | None] = mapped_column(default=None)
    theme: Mapped[str | None] = mapped_column(default=None)

    @property
    def ref(self) -> str:
        return f"person:{self.id}"

    @property
    def is_admin(self) -> bool:
        return self.admin_since is not None

    @property
    def is_disabled(self) -> bool:
        return self.disabled_at is not None


@dataclass(frozen=True, kw_only=True)
class AccountMade(Event, kind="people.account_made"):
    person: int
    handle: str

    def sentence(self) -> Text:
        return say("made an account for {handle}", handle=self.handle)


@dataclass(frozen=True, kw_only=True)
class AccountDisabled(Event, kind="people.account_disabled"):
    person: int
    handle: str

    def sentence(self) -> Text:
        return say("disabled the account of {handle}", handle=self.handle)


@dataclass(frozen=True, kw_only=True)
class AccountEnabled(Event, kind="people.account_enabled"):
    person: int
    handle: str

    def sentence(self) -> Text:
        return say("enabled the account of {handle} again", handle=self.handle)


@dataclass(frozen=True, kw_only=True)
class AdminMade(Event, kind="people.admin_made"):
    person: int
    handle: str

    def sentence(self) -> Text:
        return say("made {handle} an admin", handle=self.handle)


@dataclass(frozen=True, kw_only=True)
class AdminUnmade(Event, kind="people.admin_unmade"):
    person: int
    handle: str

    def sentence(self) -> Text:
        return say("took the admin role from {handle}", handle=self.handle)


class LastAdmin(Refused):
    """Somebody must be left who can look after the house."""


def make_account(work: Work, *, handle: str, name: str, email: str | None = None, admin: bool = False) -> Person:
    """A new account, without a password yet."""
    require_admin(work)
    handle, name, email = handle.strip().lower(), plain(name), email or None
    refuse(handle=check_slug(handle), name=check_name(name), email=check_email(email))
    if work.session.scalar(select(Person.id).where(Person.handle == handle)) is not None:
        raise Invalid({"handle": TAKEN})
    time = now()
    person = Person(handle=handle, name=name, email=email, made_at=time, admin_since=time if admin else None)
    try:
        work.add(person)
    except IntegrityError as error:  # Somebody took the handle between the question and now.
        raise Invalid({"handle": TAKEN}) from error
    work.record(AccountMade(person=person.id, handle=handle), about=[person.ref], within="house")
    if admin:
        work.record(AdminMade(person=person.id, handle=handle), about=[person.ref], within="house")
    return person


def change_profile(work: Work, person_id: int, *, name: str, email: str | None) -> Person:
    found = account(work, person_id)
    name, email = plain(name), email or None
    refuse(name=check_name(name), email=check_email(email))
    found.name, found.email = name, email
    work.ring(BELL)
    return found


def prefer(work: Work, person_id: int, language: str | None, theme: str | None) -> None:
    """Keep how somebody likes their pages. What is None stays; another word means that they have no wish."""
    found = account(work, person_id)
    if language is not None:
        found.language = language if language in LANGUAGES else None
    if theme is not None:
        found.theme = theme if theme in THEMES else None
    work.ring(BELL)


def disable(work: Work, person_id: int) -> Person:
    """Nobody signs in to this account any more; what the person did stays."""
    require_admin(work)
    found = account(work, person_id)
    if found.is_disabled:
        return found
    keep_an_admin(work, without=found)
    found.disabled_at = now()
    work.record(AccountDisabled(person=found.id, handle=found.handle), about=[found.ref], within="house")
    access_changed(work)
    return found


def enable(work: Work, person_id: int) -> Person:
    require_admin(work)
    found = account(work, person_id)
    if found.is_disabled:
        found.disabled_at = None
        work.record(AccountEnabled(person=found.id, handle=found.handle), about=[found.ref], within="house")
        work.ring(BELL)
    return found


def make_admin(work: Work, person_id: int) -> Person:
    require_admin(work)
    found = account(work, person_id)
    if not found.is_admin:
        found.admin_since = now()
        work.record(AdminMade(person=found.id, handle=found.handle), about=[found.ref], within="house")
        work.ring(BELL)
    return found


def unmake_admin(work: Work, person_id: int) -> Person:
    require_admin(work)
    found = account(work, person_id)
    if found.is_admin:
        keep_an_admin(work, without=found)
        found.admin_since = None
        work.record(AdminUnmade(person=found.id, handle=found.handle), about=[found.ref], within="house")
        access_changed(work)
    return found


def access_changed(work: Work) -> None:
    work.ring(BELL)
    work.ring(ACCESS)


def keep_an_admin(work: Work, *, without: Person) -> None:
    # The rows are locked, so that two admins cannot each rely on the other to stay.
    query = select(Person.id).where(Person.admin_since.is_not(None), Person.disabled_at.is_(None)).with_for_update()
    admins = set(work.session.scalars(query))
    if admins == {without.id}:
        raise LastAdmin(say("{handle} is the only admin. Make somebody else an admin first.", handle=without.handle))


def account(work: Work, person_id: int) -> Person:
    found = work.session.get(Person, person_id)
    if found is None:
        raise Missing(say("There is no such account."))
    return found


def person(work: Work, handle: str) -> Person:
    found = work.session.scalar(select(Person).where(called(handle)))
    if found is None:
        raise Missing(say("Nobody here is called {handle}.", handle=handle[:50]))
    return found


def people_by_handle(work: Work, handles: Iterable[str]) -> dict[str, Person]:
    """Those of the handles that are somebody's, in one question. The disabled are left out."""
    wanted = sorted({handle.lower() for handle in handles if could_be_handle(handle)})
    query = select(Person).where(Person.handle.in_(wanted), Person.disabled_at.is_(None))
    return {found.handle: found for found in work.session.scalars(query)} if wanted else {}


def people_by_id(work: Work, ids: Iterable[int]) -> dict[int, Person]:
    wanted = sorted(set(ids))
    query = select(Person).where(Person.id.in_(wanted))
    return {found.id: found for found in work.session.scalars(query)} if wanted else {}


def list_people(work: Work, *, text: str = "", after: str = "", limit: int = 100) -> Sequence[Person]:
    """Accounts by handle, from after a handle, that have this text in their handle or name."""
    text, after = plain(text), plain(after)
    query = select(Person).where(Person.handle > after).order_by(Person.handle).limit(limit)
    if text:
        query = query.where(
            Person.handle.icontains(text.lower(), autoescape=True) | Person.name.icontains(text, autoescape=True)
        )
    return work.session.scalars(query).all()


def caller_for(person: Person) -> Caller:
    """Somebody as the house knows them when they sit at a browser."""
    return Caller(
        person.ref,
        person.handle,
        person_id=person.id,
        full_name=person.name,
        is_admin=person.is_admin,
        language=person.language,
        theme=person.theme,
    )


def as_person(work: Work, person: Person) -> Work:
    """The same work, done by somebody who has proved in it who they are."""
    return replace(work, actor=caller_for(person))


def could_be_handle(word: str) -> bool:
    return HANDLE.fullmatch(word.lower()) is not None


def called(handle: str) -> ColumnElement[bool]:
    """Whose handle this is. What cannot be one is not shown to the database, which would choke on a stray NUL."""
    return Person.handle == handle.lower() if could_be_handle(handle) else false()


def anybody(work: Work) -> bool:
    """Whether there is any account yet."""
    return work.session.scalar(select(Person.id).limit(1)) is not None


def is_admin(work: Work) -> bool:
    return work.actor == HOUSE or (isinstance(work.actor, Caller) and work.actor.is_admin)


def require_admin(work: Work) -> None:
    if is_admin(work):
        return
    if isinstance(work.actor, Caller) and work.actor.token_scopes is not None:
        raise Forbidden(say("This needs an admin, with a token that has the scope admin."))
    raise Forbidden(say("This is for admins."))


TAKEN = say("Somebody has this name already.")


def check_slug(word: str) -> Text | None:
    """What is wrong with this as a handle or as the name of a team; None when nothing is."""
    if not HANDLE.fullmatch(word):
        return say("Use 2 to 39 small letters a-z, digits and single hyphens, beginning and ending without a hyphen.")
    if word in RESERVED:
        return say("{word} is a word that Dure needs for itself.", word=word)
    return None


def check_name(name: str) -> Text | None:
    if not name:
        return say("Please fill this in.")
    if len(name) > NAME_LIMIT_CHARACTERS:
        return say("At most {count} characters, please.", count=NAME_LIMIT_CHARACTERS)
    return None


def check_email(email: str | None) -> Text | None:
    if email is None or (len(email) <= EMAIL_LIMIT_CHARACTERS and EMAIL.fullmatch(email)):
        return None
    return say("This is not an email address.")


def plain(name: str) -> str:
    """One line without marks that could make a name look like another's: control characters, changed direction."""
    shown = "".join(letter for letter in name if unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    return unicodedata.normalize("NFC", " ".join(shown.split()))


def refuse(**problems: Text | None) -> None:
    """Say all that is wrong at once."""
    found = {field: problem for field, problem in problems.items() if problem is not None}
    if found:
        raise Invalid(found)
