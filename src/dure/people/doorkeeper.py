"""The doorkeeper: knows callers by what they show, and remembers them for a few seconds.

Remembering saves asking the database at each request. Whatever ends a sign-in rings the bell of people, on which
every house forgets all callers at once; the few seconds are for a bell that was not heard.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from time import monotonic

from dure.kit import Unauthenticated, digest, say
from dure.ledger import HOUSE, House
from dure.people.caller import Caller
from dure.people.keys import (
    JOB_PREFIX,
    Shown,
    Token,
    find_job,
    find_session,
    find_token,
    has_to_be_written,
    is_due_for_note,
    note_use,
    use_session,
)
from dure.people.person import BELL, Person, caller_for

REMEMBERED_SECONDS = 5.0
REMEMBERED_MAX = 10_000
SECRET_LIMIT_CHARACTERS = 200


@dataclass(frozen=True)
class Known:
    """Who shows a key, and the next key for their browser if it is time for one."""

    caller: Caller
    next_secret: str | None = None


class Doorkeeper:
    def __init__(self, house: House, session_days: int) -> None:
        self.house, self.session_days = house, session_days
        self._remembered: dict[str, tuple[float, Caller]] = {}
        self._forgot = 0
        self.stop_hearing: Callable[[], None] = house.bell.hear(BELL, self.forget)

    def forget(self) -> None:
        """Know nobody any more. Whoever is being looked up at this moment is not remembered either."""
        self._forgot += 1
        self._remembered = {}

    async def by_session(self, secret: str) -> Known | None:
        """Whose browser this is; None: nobody's, or no longer."""
        if len(secret) > SECRET_LIMIT_CHARACTERS:
            return None
        shown = digest(secret)
        remembered = self._recall(shown)
        if remembered is not None:
            return Known(remembered)
        before = self._forgot
        find = partial(find_session, shown=shown, idle_days=self.session_days)
        found = await self.house.read(HOUSE, find)
        if found is not None and has_to_be_written(found.session, shown):
            use = partial(use_session, shown=shown, idle_days=self.session_days)
            found = await self.house.write(HOUSE, use)
        if found is None:
            return None
        caller = caller_at_browser(found)
        self._remember(shown, caller, before)
        return Known(caller, found.next_secret)

    async def by_token(self, secret: str) -> Known:
        """Whose program this is, or a sentence about what is wrong with the token."""
        if len(secret) > SECRET_LIMIT_CHARACTERS:
            raise Unauthenticated(say("Nobody here knows this token. Make a new one, or sign in again."))
        shown = digest(secret)
        if secret.startswith(JOB_PREFIX):
            # Not remembered, not even for seconds: it dies with its job.
            return Known(await self.house.read(HOUSE, partial(find_job, shown=shown)))
        remembered = self._recall(shown)
        if remembered is not None:
            return Known(remembered)
        before = self._forgot
        token, person = await self.house.read(HOUSE, partial(find_token, shown=shown))
        if is_due_for_note(token):
            await self.house.write(HOUSE, partial(note_use, token_id=token.id))
        caller = caller_with(token, person)
        self._remember(shown, caller, before)
        return Known(caller)

    def _recall(self, shown: str) -> Caller | None:
        until, caller = self._remembered.get(shown, (0.0, None))
        return caller if monotonic() < until else None

    def _remember(self, shown: str, caller: Caller, forgot_before: int) -> None:
        if forgot_before != self._forgot:
            return
        if len(self._remembered) >= REMEMBERED_MAX:
            self._remembered = {}
        self._remembered[shown] = (monotonic() + REMEMBERED_SECONDS, caller)


def caller_at_browser(found: Shown) -> Caller:
    return replace(caller_for(found.person), session_id=found.session.id)


def caller_with(token: Token, person: Person | None) -> Caller:
    """A person is no more with a token than the token says: an admin without the scope admin is none."""
    scopes = frozenset(token.scope_words)
    if person is not None:
        caller = caller_for(person)
        return replace(caller, token_scopes=scopes, token_id=token.id, is_admin=caller.is_admin and "admin" in scopes)
    return Caller(
        f"token:{token.id}",
        token.name,
        token_scopes=scopes,
        token_id=token.id,
        token_project=token.within,
        token_role=token.role_here,
    )
