"""What a person asks of `dure run` and `dure plan`, read from the words they gave."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from dure.kit import Refused, say
from dure.workflow import Value

FILE_BYTES_MAX = 10 << 20


class NotUnderstood(Refused):
    """The words given cannot be used; the exit code says so too."""


@dataclass(frozen=True)
class Asked:
    """One `dure run`."""

    directory: Path
    event: str = ""
    """None said: push, or whatever the workflows begin at."""
    workflow: Path | None = None
    job: str | None = None
    matrix: Mapping[str, frozenset[str]] = field(default_factory=dict)
    payload: Mapping[str, Any] | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    actor: str = ""
    actions: Path | None = None
    """A folder that has actions and workflows of others."""
    repositories: Mapping[str, Path] = field(default_factory=dict)
    """owner/repo@ref, and the folder to use instead."""
    offline: bool = False

    def wants(self, matrix: Mapping[str, Value] | None, shown: Mapping[str, str]) -> bool:
        """Whether this combination is among those that were asked for. What a matrix does not have, it need not fit."""
        return matrix is None or all(shown[key] in values for key, values in self.matrix.items() if key in shown)


def pairs(words: Iterable[str], sign: str = "=") -> dict[str, str]:
    """NAME=VALUE, each."""
    found = {}
    for word in words:
        name, there, value = word.partition(sign)
        if not there or not name:
            raise NotUnderstood(say("{word} is not understood; it looks like name{sign}value.", word=word, sign=sign))
        found[name] = value
    return found


def many(words: Iterable[str], sign: str) -> dict[str, frozenset[str]]:
    """The same name may be given several times."""
    found: dict[str, frozenset[str]] = {}
    for word in words:
        for name, value in pairs([word], sign).items():
            found[name] = found.get(name, frozenset()) | {value}
    return found


def pairs_in(file: Path) -> dict[str, str]:
    """NAME=VALUE on each line, perhaps in quotes; empty lines and those that begin with # say nothing."""
    lines = (line.strip() for line in read(file).splitlines())
    told = pairs(line.removeprefix("export ") for line in lines if line and not line.startswith("#"))
    return {name.strip(): unquoted(value.strip()) for name, value in told.items()}


def unquoted(value: str) -> str:
    if len(value) < 2 or value[0] != value[-1] or value[0] not in "'\"":
        return value
    return value[1:-1] if value[0] == "'" else value[1:-1].replace("\\n", "\n").replace('\\"', '"')


def payload_in(file: Path) -> dict[str, Any]:
    """`github.event` as GitHub would tell it."""
    try:
        return msgspec.json.decode(read(file), type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise NotUnderstood(say("{file} is not the JSON of an event: {why}", file=file, why=error)) from error


def read(file: Path) -> str:
    try:
        if file.stat().st_size > FILE_BYTES_MAX:
            raise NotUnderstood(say("{file} has more than {size:,} bytes.", file=file, size=FILE_BYTES_MAX))
        return file.read_text("utf-8", "replace")
    except OSError as error:
        raise NotUnderstood(say("{file} cannot be read: {why}", file=file, why=error.strerror)) from error
