"""The words `owner/repo@ref`, taken apart."""

import re
from dataclasses import dataclass

from dure.kit import Invalid, say
from dure.wire import USES_PATTERN

SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
WORDS = re.compile(USES_PATTERN)


@dataclass(frozen=True)
class UsesWords:
    """`name` is owner/repo in small letters, since names do not differ by them."""

    name: str
    ref: str

    @property
    def owner(self) -> str:
        return self.name.partition("/")[0]

    @property
    def is_sha(self) -> bool:
        return SHA.fullmatch(self.ref) is not None

    def __str__(self) -> str:
        return f"{self.name}@{self.ref}"


def uses_words(said: str) -> UsesWords:
    """Of what a step says after `uses:`, without a path inside of the repository."""
    name, _, ref = said.strip().partition("@")
    names = name.split("/")
    if not WORDS.fullmatch(f"{name}@{ref}") or {".", ".."} & set(names) or ref.startswith("-"):
        raise Invalid({"uses": say("{uses} is not written as owner/repo@ref.", uses=said[:200])})
    return UsesWords(name.lower(), ref)
