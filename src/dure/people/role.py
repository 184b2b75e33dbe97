"""Roles: how much somebody may do in one place. Each contains those below it."""

from enum import IntEnum

from dure.kit import Invalid, Text, say


class Role(IntEnum):
    GUEST = 10
    REPORTER = 20
    DEVELOPER = 30
    MAINTAINER = 40
    OWNER = 50

    @property
    def word(self) -> str:
        """As forms, the API and the command line write it."""
        return self.name.lower()

    @property
    def title(self) -> Text:
        return TITLES[self]

    @classmethod
    def from_word(cls, word: str) -> "Role":
        try:
            return cls[word.upper()]
        except KeyError:
            words = ", ".join(role.word for role in cls)
            raise Invalid({"role": say("A role is one of {words}.", words=words)}) from None


TITLES = {
    Role.GUEST: say("guest"),
    Role.REPORTER: say("reporter"),
    Role.DEVELOPER: say("developer"),
    Role.MAINTAINER: say("maintainer"),
    Role.OWNER: say("owner"),
}
