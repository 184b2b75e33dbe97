"""Procfile: a name and a command on each line. Enough to begin with."""

import re
import shlex

from dure.deploy.appfile.appfile import AppFile, ServiceFile
from dure.deploy.appfile.block import SHELL
from dure.deploy.appfile.fields import NAME, bad_name
from dure.deploy.appfile.mistakes import Mistakes
from dure.deploy.appfile.variables import NoSuchVariable, filled
from dure.kit import say

LINE = re.compile(r"(?P<name>[^:\s]+)\s*:\s*(?P<command>.*)")
ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=.*")
WEB = "web"
LINES_MAX = 200


def parse_procfile(source: str, path: str = "Procfile") -> AppFile:
    """Each line becomes a service; `web` takes requests."""
    mistakes = Mistakes()
    services: dict[str, ServiceFile] = {}
    lines = source.removeprefix("\ufeff").splitlines()
    for number, line in enumerate(lines[:LINES_MAX], 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = LINE.fullmatch(line.strip())
        if found is None or "\x00" in line:
            mistakes.note(number, 1, say("A line of a Procfile is a name, a colon and a command: web: python app.py"))
        elif not NAME.fullmatch(found["name"]):
            mistakes.note(number, 1, bad_name(found["name"]))
        elif found["name"] == "release":
            mistakes.note(number, 1, say("`release` is not supported: nothing runs once for a release. Remove it."))
        elif found["name"] in services:
            mistakes.note(number, 1, say("There is a service {name} already.", name=found["name"]))
        else:
            name = found["name"]
            command = split(mistakes, number, found["command"])
            services[name] = ServiceFile(name=name, command=command, port=name == WEB)
    if (not services and not mistakes.found) or len(lines) > LINES_MAX:
        mistakes.note(1, 1, say("A Procfile has 1 to {count} lines, such as: web: python app.py", count=LINES_MAX))
    mistakes.settle(path)
    return AppFile(services=tuple(services.values()))


def split(mistakes: Mistakes, number: int, words: str) -> tuple[str, ...]:
    try:
        parts = [filled(part, {}, port=True) for part in shlex.split(words)]
    except ValueError:
        mistakes.note(number, 1, say("A quote in the command is not closed."))
        return ()
    except NoSuchVariable as error:
        mistakes.note(number, 1, error.text)
        return ()
    if not parts:
        mistakes.note(number, 1, say("`command` is empty. Say which program to run."))
    elif ASSIGNMENT.fullmatch(parts[0]) or any(SHELL.fullmatch(part) or part.endswith(";") for part in parts):
        mistakes.note(number, 1, say("No shell reads the command. Put what takes one into a script, and call that."))
    return tuple(parts)
