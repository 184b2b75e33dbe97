"""Passwords: hashed with argon2id on two threads of their own, so that guessing slows nobody else down."""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import update

from dure.kit import Text, TooMany, now, say
from dure.ledger import Event, Work
from dure.people.person import BELL, Person, account, refuse

T = TypeVar("T")

# What OWASP recommends for argon2id: 19 MiB, two passes, one lane.
MEMORY_KIB = 19 * 1024
PASSES = 2
LANES = 1

AT_LEAST_CHARACTERS = 10
AT_MOST_CHARACTERS = 200
THREADS = 2
WAITING_MAX = 100
"""At some 20 ms each the last in the queue waits about a second; whoever comes after that is asked to come back."""
COME_BACK_SECONDS = 2

NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$yKdiTJPGujN8YMpyYc+nfQ$Gxp2aaHjuprBltlfsoNkeqqb5cQ3uLYf0t78yAbyVqI"
"""The hash that is checked when there is no such account: finding that out must take as long as a wrong password."""


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(Event, kind="people.password_changed"):
    person: int

    def sentence(self) -> Text:
        return say("changed the password")


class Hasher:
    """The one place where passwords are hashed and checked."""

    def __init__(self) -> None:
        self.argon = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="hashing")
        self.waiting = 0
        self.hashes = 0
        """How many were computed since the start. Limits on guessing show here."""

    async def hash(self, password: str) -> str:
        return await self._in_thread(lambda: self.hash_now(password))

    async def check(self, kept: str | None, password: str) -> bool:
        return await self._in_thread(lambda: self.check_now(kept, password))

    def hash_now(self, password: str) -> str:
        self.hashes += 1
        return self.argon.hash(same(password))

    def check_now(self, kept: str | None, password: str) -> bool:
        self.hashes += 1
        try:
            right = self.argon.verify(kept or NOBODYS, same(password[:AT_MOST_CHARACTERS]))
        except (VerificationError, InvalidHashError):
            return False
        return right and kept is not None

    def is_old(self, kept: str) -> bool:
        """Whether it was made with weaker parameters than ours are now."""
        return self.argon.check_needs_rehash(kept)

    async def _in_thread(self, do: Callable[[], T]) -> T:
        if self.waiting >= WAITING_MAX:
            raise TooMany(say("Too many people are signing in right now. Please try again."), COME_BACK_SECONDS)
        self.waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self.threads, do)
        finally:
            self.waiting -= 1


def check_password(password: str, handle: str) -> Text | None:
    """What is wrong with this as a new password; None when nothing is."""
    if len(password) < AT_LEAST_CHARACTERS:
        return say("At least {count} characters, please.", count=AT_LEAST_CHARACTERS)
    if len(password) > AT_MOST_CHARACTERS:
        return say("At most {count} characters, please.", count=AT_MOST_CHARACTERS)
    if len(set(password)) < 4:
        return say("This is too easy to guess. A few words that do not belong together are good.")
    if same(password).casefold().strip() in (handle, handle * 2, handle[::-1]):
        return say("Do not use your own name as the password.")
    return None


def refuse_password(password: str, handle: str) -> None:
    refuse(password=check_password(password, handle))


def set_password(work: Work, person_id: int, hashed: str) -> Person:
    """Keep a new password. Ending the other sign-ins is for the caller, who knows which one to keep."""
    person = account(work, person_id)
    person.password, person.password_at = hashed, now()
    work.record(PasswordChanged(person=person.id), about=[person.ref], within=person.ref)
    work.ring(BELL)
    return person


def renew_hash(work: Work, person_id: int, old: str, new: str) -> None:
    """The same password under better parameters, unless it was changed in the meantime."""
    work.session.execute(update(Person).where(Person.id == person_id, Person.password == old).values(password=new))


def same(password: str) -> str:
    """Keyboards write one letter in several ways, Korean ones above all; they are one password."""
    return unicodedata.normalize("NFKC", password)
