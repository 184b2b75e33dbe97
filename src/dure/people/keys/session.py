"""Sessions: one for each browser that is signed in. The browser holds the key, we hold its digest.

The key is changed about once a day. The new key takes over when the browser first shows it, so an answer lost on
the way signs nobody out; requests that were under way with the old key have a minute. An old key that turns up
later was copied by somebody: the session ends for both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ForeignKey, delete, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from dure.kit import Missing, Refused, Text, digest, new_secret, now, say
from dure.ledger import Event, Moment, Table, Work
from dure.people.person import Person, access_changed, account

DURE_SESSION = "dure_session"
PREFIX = "dure_ses"
ROTATED_HOURS = 24
GRACE_SECONDS = 60
SEEN_SECONDS = 300
"""How exactly we know when a session was last used. Writing it down at each request would cost more than it tells."""
DEVICE_LIMIT_CHARACTERS = 200
SESSIONS_MAX = 50
"""Sign-ins of one person at the same time; the one unused for longest makes room."""


class Session(Table):
    __tablename__ = "person_session"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    digest: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime] = mapped_column(Moment)
    rotated_at: Mapped[datetime] = mapped_column(Moment)
    seen_at: Mapped[datetime] = mapped_column(Moment, index=True)
    device: Mapped[str]
    address: Mapped[str]
    next_digest: Mapped[str | None] = mapped_column(default=None, index=True)
    offered_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    old_digest: Mapped[str | None] = mapped_column(default=None, index=True)


@dataclass(frozen=True)
class NewSession:
    secret: str
    session: Session


@dataclass(frozen=True)
class Shown:
    """What a key opened: whose session it is, and the next key if it is time for one."""

    session: Session
    person: Person
    next_secret: str | None = None


@dataclass(frozen=True, kw_only=True)
class SignedIn(Event, kind="people.signed_in"):
    person: int
    device: str
    address: str

    def sentence(self) -> Text:
        return say("signed in with {device} from {address}", device=self.device, address=self.address)


@dataclass(frozen=True, kw_only=True)
class SignedOutEverywhere(Event, kind="people.signed_out_everywhere"):
    person: int
    sessions: int

    def sentence(self) -> Text:
        return say("signed out everywhere")


@dataclass(frozen=True, kw_only=True)
class KeyReplayed(Event, kind="people.key_replayed"):
    person: int
    device: str

    def sentence(self) -> Text:
        return say("ended a session on {device}, because an old key to it was shown", device=self.device)


def begin_session(work: Work, person_id: int, *, device: str, address: str) -> NewSession:
    """A new sign-in, by somebody who has just proved who they are."""
    person = account(work, person_id)
    if person.is_disabled:
        raise Refused(say("This account is disabled. Ask an admin of this Dure."))
    secret, time = new_secret(PREFIX), now()
    session = Session(
        person_id=person_id,
        digest=digest(secret),
        made_at=time,
        rotated_at=time,
        seen_at=time,
        device=device[:DEVICE_LIMIT_CHARACTERS],
        address=address,
    )
    work.add(session)
    make_room(work, person_id)
    event = SignedIn(person=person_id, device=session.device, address=address)
    work.record(event, about=[person.ref], within=person.ref)
    return NewSession(secret, session)


def make_room(work: Work, person_id: int) -> None:
    query = select(Session.id).where(Session.person_id == person_id).order_by(Session.seen_at.desc(), Session.id.desc())
    too_many = work.session.scalars(query.offset(SESSIONS_MAX)).all()
    if too_many:
        work.session.execute(delete(Session).where(Session.id.in_(too_many)))
        access_changed(work)


def find_session(work: Work, shown: str, *, idle_days: int) -> Shown | None:
    """Whose key this is, without changing anything. None: nobody's, or no longer."""
    query = (
        select(Session, Person)
        .join(Person, Person.id == Session.person_id)
        .where(
            opened_by(shown),
            Person.disabled_at.is_(None),
            Session.seen_at > now() - timedelta(days=idle_days),
        )
    )
    row = work.session.execute(query).first()
    return Shown(row.Session, row.Person) if row else None


def has_to_be_written(session: Session, shown: str) -> bool:
    """Whether showing this key changes something."""
    if shown == session.digest:
        return (now() - session.seen_at).total_seconds() > SEEN_SECONDS
    return shown == session.next_digest or is_replay(session, shown)


def use_session(work: Work, shown: str, *, idle_days: int) -> Shown | None:
    """Note that a key was shown: the session is in use, a new key takes over, a copied one ends the session."""
    session = work.session.scalar(select(Session).where(opened_by(shown)).with_for_update())
    if session is None:
        return None
    if is_replay(session, shown):
        event = KeyReplayed(person=session.person_id, device=session.device)
        ref = f"person:{session.person_id}"
        work.record(event, about=[ref], within=ref)
        work.session.delete(session)
        access_changed(work)
        return None
    if find_session(work, shown, idle_days=idle_days) is None:
        return None
    time = now()
    if shown == session.next_digest:
        session.old_digest, session.digest, session.next_digest = session.digest, shown, None
        session.rotated_at = time
    session.seen_at = time
    return Shown(session, account(work, session.person_id), offer(session, shown, time))


def offer(session: Session, shown: str, time: datetime) -> str | None:
    """The next key, when the present one is a day old. Browsers ask several things at once: one of them gets it."""
    if shown != session.digest or time - session.rotated_at < timedelta(hours=ROTATED_HOURS):
        return None
    if session.offered_at is not None and time - session.offered_at < timedelta(seconds=GRACE_SECONDS):
        return None
    secret = new_secret(PREFIX)
    session.next_digest, session.offered_at = digest(secret), time
    return secret


def opened_by(shown: str) -> ColumnElement[bool]:
    return or_(Session.digest == shown, Session.next_digest == shown, Session.old_digest == shown)


def is_replay(session: Session, shown: str) -> bool:
    late = now() - session.rotated_at > timedelta(seconds=GRACE_SECONDS)
    return shown == session.old_digest and late


def sessions_of(work: Work, person_id: int) -> Sequence[Session]:
    """Where somebody is signed in, the last used first."""
    query = select(Session).where(Session.person_id == person_id).order_by(Session.seen_at.desc(), Session.id.desc())
    return work.session.scalars(query).all()


def end_session(work: Work, person_id: int, session_id: int) -> None:
    """Sign out of one browser."""
    query = delete(Session).where(Session.id == session_id, Session.person_id == person_id).returning(Session.id)
    if work.session.scalar(query) is None:
        raise Missing(say("This session has ended already."))
    access_changed(work)


def drop_session(work: Work, session_id: int) -> None:
    """End a session whose browser has just been given another."""
    work.session.execute(delete(Session).where(Session.id == session_id))
    access_changed(work)


def sign_out_everywhere(work: Work, person_id: int) -> None:
    ended = end_sessions(work, person_id)
    ref = f"person:{person_id}"
    work.record(SignedOutEverywhere(person=person_id, sessions=ended), about=[ref], within=ref)


def end_sessions(work: Work, person_id: int, *, keep: int | None = None) -> int:
    """End all of somebody's sessions, or all but one."""
    query = delete(Session).where(Session.person_id == person_id, Session.id != (keep or 0)).returning(Session.id)
    ended = len(work.session.scalars(query).all())
    access_changed(work)
    return ended


def forget_sessions(work: Work, idle_days: int) -> None:
    work.session.execute(delete(Session).where(Session.seen_at < now() - timedelta(days=idle_days)))
