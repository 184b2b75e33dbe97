"""Signing in by password, in the two steps between which the password is looked at.

`before_guess` pays for the guess and hands out what is to be checked; `after_guess` opens the door, unless the
account changed meanwhile. Hashing stands between them, outside of any transaction.
"""

from dataclasses import dataclass

from sqlalchemy import select

from dure.kit import Invalid, Refused, Unauthenticated, say
from dure.ledger import Work
from dure.people.keys.device import known_device, remember_device
from dure.people.keys.link import begin_house, come_in, person_of_link
from dure.people.keys.password import set_password
from dure.people.keys.session import NewSession, begin_session, drop_session, end_sessions
from dure.people.keys.throttle import guessed_right, pay_for_guess
from dure.people.keys.token import NewToken, make_token_for
from dure.people.person import Person, account, as_person, called


@dataclass(frozen=True)
class Guess:
    """One try at one account, paid for."""

    handle: str
    address: str
    device_id: int | None
    person_id: int | None
    kept: str | None
    """The hash to check against. None: there is no such account, and the check only takes its time."""


@dataclass(frozen=True)
class SignIn:
    opened: NewSession
    device_secret: str


WRONG = say("The name or the password is not right.")


def before_guess(work: Work, handle: str, address: str, device_secret: str | None = None) -> Guess:
    handle = handle.strip().lower()
    device_id = known_device(work, handle, device_secret)
    pay_for_guess(work, handle, address, device_id)
    person = work.session.scalar(select(Person).where(called(handle)))
    if person is None:
        return Guess(handle, address, device_id, None, None)
    return Guess(handle, address, device_id, person.id, person.password)


def sign_in(work: Work, guess: Guess, *, device: str, address: str, instead_of: int | None = None) -> SignIn:
    """Open a session for a guess that was right. One that this browser had before ends."""
    person = proven(work, guess)
    work = as_person(work, person)
    device_secret = remember_device(work, person.id, guess.device_id)
    if instead_of is not None:
        drop_session(work, instead_of)
    return SignIn(begin_session(work, person.id, device=device, address=address), device_secret)


def sign_in_by_link(
    work: Work, secret: str, *, handle: str, name: str, hashed: str, device: str, address: str
) -> SignIn:
    """Use up a one-time link, keep the password chosen by it, and open a session: all or nothing."""
    if person_of_link(work, secret) is None:
        person = begin_house(work, secret, handle=handle, name=name or handle, hashed=hashed)
    else:
        person = come_in(work, secret, hashed=hashed)
    work = as_person(work, person)
    session = begin_session(work, person.id, device=device, address=address)
    return SignIn(session, remember_device(work, person.id, None))


def change_password(work: Work, guess: Guess, *, hashed: str, keep_session: int | None) -> None:
    """A new password for somebody who has just said the old one. Other sign-ins end; this one stays."""
    person = proven(work, guess)
    set_password(work, person.id, hashed)
    end_sessions(work, person.id, keep=keep_session)


def sign_in_program(work: Work, guess: Guess, *, name: str, scopes: list[str], days: int) -> NewToken:
    """Hand out a token for a guess that was right: how the command line signs in."""
    person = proven(work, guess)
    return make_token_for(as_person(work, person), person.id, name=name, scopes=scopes, days=days)


def proven(work: Work, guess: Guess) -> Person:
    """The person, if what was checked is still so."""
    if guess.person_id is None or guess.kept is None:
        raise Unauthenticated(WRONG)
    person = account(work, guess.person_id)
    if person.password != guess.kept:
        raise Invalid({"password": say("The password was changed just now. Please try again.")})
    if person.is_disabled:
        raise Refused(say("This account is disabled. Ask an admin of this Dure."))
    guessed_right(work, guess.handle, guess.address, guess.device_id)
    return person
