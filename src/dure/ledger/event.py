"""What an event is."""

from dataclasses import dataclass
from typing import ClassVar

import msgspec

from dure.kit import Text, say


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened: a past-tense name, typed facts, and one sentence a person can read.

    The sentence follows the actor's name: "ada" + "opened the issue …".
    """

    kind: ClassVar[str]
    kinds: ClassVar[dict[str, type["Event"]]] = {}

    def __init_subclass__(cls, *, kind: str) -> None:
        if kind in Event.kinds:
            raise TypeError(f"two events are called {kind!r}")
        cls.kind = kind
        Event.kinds[kind] = cls

    def sentence(self) -> Text:
        raise NotImplementedError

    def facts(self) -> str:
        """The facts as the JSON that is kept, sealed and sent."""
        return msgspec.json.encode(self).decode()


def sentence_of(kind: str, facts: str) -> Text:
    """What an entry says. Entries of a kind that this Dure does not know still say their name."""
    known = Event.kinds.get(kind)
    if known is None:
        return say("did something this Dure does not know ({kind})", kind=kind)
    return msgspec.json.decode(facts, type=known).sentence()
