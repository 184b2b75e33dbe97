"""Workflow commands: lines that a step prints to say something to whoever runs it."""

import re
from dataclasses import dataclass, field

BEGINNING = re.compile(rb"^[ \t]*(?=::[A-Za-z]|##\[)", re.MULTILINE)
"""Where a line begins that may be a command."""
COLONS = re.compile(r"\s*::(?P<name>[A-Za-z0-9_-]+)(?:[ \t](?P<properties>.*?))?::(?P<value>.*)", re.DOTALL)
HASHES = re.compile(r"\s*##\[(?P<name>[A-Za-z0-9_-]+)(?:[ \t](?P<properties>.*?))?\](?P<value>.*)", re.DOTALL)
SIGNS = (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%3B", ";"), ("%5D", "]"), ("%25", "%"))


@dataclass(frozen=True)
class Command:
    name: str
    value: str
    properties: dict[str, str] = field(default_factory=dict)

    def number(self, name: str) -> int | None:
        said = self.properties.get(name, "")
        return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else None


def read_command(line: str) -> Command | None:
    """The command that this line is, if it is one."""
    for form, separator in ((COLONS, ","), (HASHES, ";")):
        if match := form.fullmatch(line.rstrip("\r\n")):
            pairs = (pair.partition("=") for pair in (match["properties"] or "").split(separator) if "=" in pair)
            properties = {name.strip().lower(): meant(value) for name, _, value in pairs}
            return Command(match["name"].lower(), meant(match["value"]), properties)
    return None


def meant(written: str) -> str:
    for sign, meaning in SIGNS:
        written = written.replace(sign, meaning)
    return written
