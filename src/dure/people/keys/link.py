"""One-time links: the way in for the first person, for new accounts, and for whoever forgot a password."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from dure.kit import Missing, Text, digest, new_secret, now, say
from dure.ledger import Event, Moment, Table, Work
from dure.people.keys.password import set_password
from dure.people.keys.session import end_sessions
from dure.people.person import Person, account, anybody, as_person, make_account, require_admin

HOURS = 24
KEPT_DAYS = 7
PREFIX = "dure_link"


class Link(Table):
    """A link to a page where a password is chosen. Without a person, it makes the first account."""

    __tablename__ = "sign_in_link"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    digest: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    made_by: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment, default=None)


@dataclass(frozen=True, kw_only=True)
class LinkMade(Event, kind="people.link_made"):
    person: int | None
    handle: str

    def sentence(self) -> Text:
        if not self.handle:
            return say("made a sign-in link for the first person")
        return say("made a sign-in link for {handle}", handle=self.handle)


@dataclass(frozen=True, kw_only=True)
class LinkUsed(Event, kind="people.link_used"):
    person: int

    def sentence(self) -> Text:
        return say("used a sign-in link")


def first_link(work: Work) -> str | None:
    """The way in to a house without any account. None once there is one. Earlier first links end here."""
    if anybody(work):
        return None
    end_links(work, None)
    return make(work, None, "")


def make_link(work: Work, person_id: int) -> str:
    """A way in for one person, who chooses a password by it. Earlier links of theirs end here."""
    require_admin(work)
    person = account(work, person_id)
    end_links(work, person_id)
    return make(work, person.id, person.handle)


def make(work: Work, person_id: int | None, handle: str) -> str:
    secret, time = new_secret(PREFIX), now()
    work.session.add(
        Link(
            digest=digest(secret),
            person_id=person_id,
            made_by=work.actor.ref,
            made_at=time,
            expires_at=time + timedelta(hours=HOURS),
        )
    )
    about = [f"person:{person_id}"] if person_id else ["house"]
    work.record(LinkMade(person=person_id, handle=handle), about=about, within="house")
    return secret


def person_of_link(work: Work, secret: str) -> Person | None:
    """Whom a link is for; None: for the first person. A link that leads nowhere any more is Missing."""
    query = select(Link).where(Link.digest == digest(secret), Link.used_at.is_(None), Link.expires_at > now())
    link = work.session.scalar(query)
    if link is None or (link.person_id is None and anybody(work)):
        raise Missing(SPENT)
    person = account(work, link.person_id) if link.person_id else None
    if person is not None and person.is_disabled:
        raise Missing(SPENT)
    return person


def begin_house(work: Work, secret: str, *, handle: str, name: str, hashed: str) -> Person:
    """The first person comes in by the first link and becomes the admin."""
    spend(work, secret, None)
    if anybody(work):
        raise Missing(SPENT)
    person = make_account(work, handle=handle, name=name, admin=True)
    set_password(as_person(work, person), person.id, hashed)
    end_links(work, None)
    return person


def come_in(work: Work, secret: str, *, hashed: str) -> Person:
    """Somebody comes in by their link with a new password. Every older sign-in of theirs ends."""
    person = person_of_link(work, secret)
    if person is None:
        raise Missing(SPENT)
    spend(work, secret, person.id)
    work = as_person(work, person)
    work.record(LinkUsed(person=person.id), about=[person.ref], within=person.ref)
    set_password(work, person.id, hashed)
    end_sessions(work, person.id)
    return person


def spend(work: Work, secret: str, person_id: int | None) -> None:
    """Use a link up. Of several who try at once, one succeeds."""
    whose = Link.person_id.is_(None) if person_id is None else Link.person_id == person_id
    # All of them are locked, so that of two first links used at the same moment only one is the first.
    work.session.scalars(select(Link.id).where(whose, Link.used_at.is_(None)).order_by(Link.id).with_for_update()).all()
    time = now()
    used = work.session.scalar(
        update(Link)
        .where(Link.digest == digest(secret), whose, Link.used_at.is_(None), Link.expires_at > time)
        .values(used_at=time)
        .returning(Link.id)
    )
    if used is None:
        raise Missing(SPENT)


def end_links(work: Work, person_id: int | None) -> None:
    whose = Link.person_id.is_(None) if person_id is None else Link.person_id == person_id
    work.session.execute(update(Link).where(whose, Link.used_at.is_(None)).values(used_at=now()))


def forget_links(work: Work) -> None:
    work.session.execute(delete(Link).where(Link.expires_at < now() - timedelta(days=KEPT_DAYS)))


SPENT = say(
    "This link was used already, is too old, or never was one of ours. Ask an admin of this Dure for a new one."
)
