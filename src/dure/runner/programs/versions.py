"""Versions that are wanted, as package.json and the setup actions write them: 3.x, ^20.1, >=3.9 <3.13, 18 || 20."""

import re
from collections.abc import Iterable
from typing import TypeAlias

from dure.kit import Refused, say

Version: TypeAlias = tuple[int, int, int]
NUMBERS = re.compile(r"v?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(?:-dev)?")
PART = re.compile(r"(\^|~>?|>=|<=|>|<|=)?\s*([^\s<>=^~]+)")


class VersionUnclear(Refused):
    """The words say no version."""


def satisfies(version: Version, wanted: str) -> bool:
    return any(all(part_holds(version, *part) for part in parts(one)) for one in wanted.split("||"))


def parts(words: str) -> list[tuple[str, str]]:
    found = PART.findall(words.replace(",", " ").strip())
    if not found:
        raise unclear(words)
    return found


def part_holds(version: Version, sign: str, words: str) -> bool:
    said = NUMBERS.fullmatch(words)
    if said is None:
        raise unclear(words)
    numbers = [int(part) for part in said.groups() if part is not None and part.isdigit()]
    least = (*numbers, 0, 0, 0)[:3]
    beyond = raised(numbers)
    if sign == ">=":
        return version >= least
    if sign == "<":
        return version < least
    if sign == ">":
        return version >= beyond
    if sign == "<=":
        return version < beyond
    if sign == "^":
        return least <= version < raised(numbers[:1])
    if sign.startswith("~"):
        return least <= version < raised(numbers[:2])
    return version[: len(numbers)] == tuple(numbers)


def raised(numbers: list[int]) -> Version:
    """The first version beyond all that begin so."""
    if not numbers:
        return (1 << 30, 0, 0)
    higher = (*numbers[:-1], numbers[-1] + 1)
    return (*higher, 0, 0, 0)[:3]  # type: ignore[return-value]


def newest(versions: Iterable[Version], wanted: str) -> Version | None:
    return max((version for version in versions if satisfies(version, wanted)), default=None)


def read_version(words: str) -> Version | None:
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", words)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def unclear(words: str) -> VersionUnclear:
    return VersionUnclear(say("'{words}' says no version that can be had here.", words=words.strip()))
