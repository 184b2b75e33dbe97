"""Grants: who has which role where. A place is a scope such as "project:3"; what that is, its own room knows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec
from sqlalchemy import ColumnElement, ForeignKey, Index, delete, or_, select, text
from sqlalchemy.orm import Mapped, mapped_column

from dure.kit import Forbidden, Missing, Refused, Text, now, say
from dure.ledger import HOUSE, Actor, Event, Moment, Table, Work
from dure.people.caller import Caller
from dure.people.person import Person, access_changed, account, person
from dure.people.role import Role


class Grant(Table):
    """A role of one person in one scope. Without a person it holds for everyone who is signed in."""

    __tablename__ = "role_grant"
    __table_args__ = (
        Index("uq_role_grant_scope_person", "scope", "person_id", unique=True),
        Index(
            "uq_role_grant_everyone",
            "scope",
            unique=True,
            sqlite_where=text("person_id IS NULL"),
            postgresql_where=text("person_id IS NULL"),
        ),
        Index("ix_role_grant_person", "person_id", "scope"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    scope: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    role: Mapped[int]
    granted_at: Mapped[datetime] = mapped_column(Moment)
    granted_by: Mapped[str]


@dataclass(frozen=True)
class Member:
    person_id: int
    handle: str
    name: str
    role: Role


@dataclass(frozen=True, kw_only=True)
class RoleGranted(Event, kind="people.role_granted"):
    scope: str
    person: int
    handle: str
    role: str

    def sentence(self) -> Text:
        return say("gave {handle} the role {role} here", handle=self.handle, role=Role.from_word(self.role).title)


@dataclass(frozen=True, kw_only=True)
class RoleRevoked(Event, kind="people.role_revoked"):
    scope: str
    person: int
    handle: str

    def sentence(self) -> Text:
        return say("ended the membership of {handle}", handle=self.handle)


@dataclass(frozen=True, kw_only=True)
class OpenedToEveryone(Event, kind="people.opened_to_everyone"):
    scope: str
    role: str

    def sentence(self) -> Text:
        return say("gave everyone signed in the role {role} here", role=Role.from_word(self.role).title)


@dataclass(frozen=True, kw_only=True)
class ClosedToEveryone(Event, kind="people.closed_to_everyone"):
    scope: str

    def sentence(self) -> Text:
        return say("left this to its members alone")


class LastOwner(Refused):
    """Somebody must be left who owns it."""


class NewMember(msgspec.Struct):
    """What is filled in to add a member, or to change a member's role."""

    handle: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    role: Annotated[str, msgspec.Meta(max_length=20)]


class MemberGone(msgspec.Struct):
    handle: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class EveryoneRole(msgspec.Struct):
    role: Annotated[str, msgspec.Meta(max_length=20)] = ""


def add_member(work: Work, scope: str, words: NewMember) -> None:
    grant(work, scope, person(work, words.handle.removeprefix("@")).id, Role.from_word(words.role))


def remove_member(work: Work, scope: str, words: MemberGone) -> None:
    revoke(work, scope, person(work, words.handle.removeprefix("@")).id)


def set_everyone(work: Work, scope: str, words: EveryoneRole) -> None:
    grant_everyone(work, scope, Role.from_word(words.role) if words.role else None)


def grant(work: Work, scope: str, person_id: int, role: Role) -> None:
    """Give somebody a role here, instead of the one they had."""
    holder = account(work, person_id)
    if holder.is_disabled:
        raise Refused(say("The account of {handle} is disabled.", handle=holder.handle))
    within_reach(work, scope, role)
    had = held(work, scope, person_id)
    if had is None:
        work.session.add(made(work, scope, person_id, role))
    elif had.role == role:
        return
    else:
        within_reach(work, scope, Role(had.role))
        if had.role == Role.OWNER:
            keep_an_owner(work, scope, without=holder)
        had.role, had.granted_at, had.granted_by = int(role), now(), work.actor.ref
    event = RoleGranted(scope=scope, person=person_id, handle=holder.handle, role=role.word)
    work.record(event, about=[scope, holder.ref], within=scope)
    access_changed(work)


def revoke(work: Work, scope: str, person_id: int) -> None:
    """End somebody's role here. Everyone may end their own, except the last owner."""
    holder = account(work, person_id)
    had = held(work, scope, person_id)
    if had is None:
        raise Missing(say("{handle} is no member here.", handle=holder.handle))
    if work.actor.ref != holder.ref:
        within_reach(work, scope, Role(had.role))
    if had.role == Role.OWNER:
        keep_an_owner(work, scope, without=holder)
    work.session.delete(had)
    event = RoleRevoked(scope=scope, person=person_id, handle=holder.handle)
    work.record(event, about=[scope, holder.ref], within=scope)
    access_changed(work)


def grant_everyone(work: Work, scope: str, role: Role | None) -> None:
    """What everyone who is signed in may do here at the least; None leaves it to the members."""
    if role is not None and role > Role.DEVELOPER:
        raise Forbidden(say("Everyone can be a developer at most. Give higher roles by name."))
    had = held(work, scope, None)
    if (had.role if had else None) == role:
        return
    if had is not None:
        within_reach(work, scope, Role(had.role))
        work.session.delete(had)
        work.session.flush()
    if role is None:
        work.record(ClosedToEveryone(scope=scope), about=[scope], within=scope)
    else:
        within_reach(work, scope, role)
        work.session.add(made(work, scope, None, role))
        work.record(OpenedToEveryone(scope=scope, role=role.word), about=[scope], within=scope)
    access_changed(work)


def role_of(work: Work, scope: str, actor: Actor | None = None) -> Role | None:
    """The most that somebody is here: by their own grant or by everyone's. None: it is none of their business."""
    actor = actor or work.actor
    if actor == HOUSE:
        return Role.OWNER
    if not isinstance(actor, Caller):
        return None
    if actor.token_project is not None:
        return actor.token_role if scope == actor.token_project else None
    if actor.is_admin or scope == actor.ref:
        return Role.OWNER
    roles = work.session.scalars(select(Grant.role).where(Grant.scope == scope, held_by(actor)))
    return max((Role(role) for role in roles), default=None)


def scopes_of(work: Work) -> frozenset[str] | None:
    """All scopes in which the actor is anything at all. None: in every one there is."""
    actor = work.actor
    if actor == HOUSE:
        return None
    if not isinstance(actor, Caller):
        return frozenset()
    if actor.token_project is not None:
        return frozenset({actor.token_project})
    if actor.is_admin:
        return None
    return frozenset({actor.ref, *work.session.scalars(select(Grant.scope).where(held_by(actor)))})


def members_of(work: Work, scope: str) -> list[Member]:
    """Who has a role here by name, the highest first."""
    query = (
        select(Person.id, Person.handle, Person.name, Grant.role)
        .join(Grant, Grant.person_id == Person.id)
        .where(Grant.scope == scope)
        .order_by(Grant.role.desc(), Person.handle)
    )
    return [Member(number, handle, name, Role(role)) for number, handle, name, role in work.session.execute(query)]


def member_ids(work: Work, scope: str, least: Role = Role.REPORTER) -> frozenset[int]:
    """Who may be given work here."""
    query = (
        select(Person.id)
        .join(Grant, Grant.person_id == Person.id)
        .where(Grant.scope == scope, Grant.role >= least, Person.disabled_at.is_(None))
    )
    return frozenset(work.session.scalars(query))


def everyone_in(work: Work, scope: str) -> Role | None:
    had = held(work, scope, None)
    return Role(had.role) if had else None


def lies_open_to(work: Work, scope: str, other: str) -> bool:
    """Whether all who decide what happens in the other place may read here: what jobs there see, they see."""
    if everyone_in(work, scope) is not None:
        return True
    if (everyone_in(work, other) or Role.GUEST) >= Role.DEVELOPER:
        return False
    readers = {member.person_id for member in members_of(work, scope)}
    query = select(Grant.person_id).join(Person, Person.id == Grant.person_id)
    pushing = query.where(Grant.scope == other, Grant.role >= Role.DEVELOPER, Person.admin_since.is_(None))
    return readers.issuperset(work.session.scalars(pushing))


def forget_grants(work: Work, scope: str) -> None:
    """The place is gone, and every role in it."""
    work.session.execute(delete(Grant).where(Grant.scope == scope))
    access_changed(work)


def held_by(caller: Caller) -> ColumnElement[bool]:
    return or_(Grant.person_id == caller.person_id, Grant.person_id.is_(None))


def held(work: Work, scope: str, person_id: int | None) -> Grant | None:
    whose = Grant.person_id.is_(None) if person_id is None else Grant.person_id == person_id
    return work.session.scalar(select(Grant).where(Grant.scope == scope, whose))


def made(work: Work, scope: str, person_id: int | None, role: Role) -> Grant:
    return Grant(scope=scope, person_id=person_id, role=int(role), granted_at=now(), granted_by=work.actor.ref)


def within_reach(work: Work, scope: str, role: Role) -> None:
    """Nobody gives or takes more than they have. Where nobody has anything yet, the first takes what is needed."""
    mine = role_of(work, scope)
    if mine is not None and mine >= role:
        return
    if work.session.scalar(select(Grant.id).where(Grant.scope == scope).limit(1)) is None:
        return
    raise Forbidden(say("This takes the role {role} or a higher one.", role=role.title))


def keep_an_owner(work: Work, scope: str, *, without: Person) -> None:
    # The rows are locked, so that two owners cannot each rely on the other to stay.
    owners: Sequence[int | None] = work.session.scalars(
        select(Grant.person_id)
        .join(Person, Person.id == Grant.person_id)
        .where(Grant.scope == scope, Grant.role == Role.OWNER, Person.disabled_at.is_(None))
        .with_for_update(of=Grant)
    ).all()
    if set(owners) <= {without.id}:
        raise LastOwner(
            say("{handle} is the only owner here. Make somebody else an owner first.", handle=without.handle)
        )
