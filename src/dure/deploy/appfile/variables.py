"""Variables in an app file: `${NAME}` and `${NAME:-default}`, from the environment block of the service alone.

What the machine of the house has in its own environment is never looked at: a release must mean the same everywhere.
"""

import re
from collections.abc import Collection, Mapping

from dure.kit import Refused, Text, say

VARIABLE = re.compile(r"\$(?:(?P<escaped>\$)|\{(?P<braced>[^{}]*)\}|(?P<plain>[A-Za-z_][A-Za-z0-9_]*)|(?P<odd>.|$))")
BRACED = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::?-(?P<default>.*))?", re.DOTALL)
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
PORT = "PORT"
DEPTH_MAX = 10


class NoSuchVariable(Refused):
    """A name that stands for nothing."""


def filled(text: str, values: Mapping[str, str], secrets: Collection[str] = (), *, port: bool = False) -> str:
    """The text with its variables in it. With `port`, `${PORT}` stays for the platform, which alone knows it."""
    return fill(text, values, secrets, port, 0)


def fill(text: str, values: Mapping[str, str], secrets: Collection[str], port: bool, depth: int) -> str:
    if depth > DEPTH_MAX:
        raise NoSuchVariable(say("These variables stand for each other. Write one of them out."))

    def replaced(found: re.Match[str]) -> str:
        if found["escaped"]:
            return "$"
        if found["odd"] is not None:
            raise NoSuchVariable(say("A single $ means nothing here. Write $$ for a dollar sign."))
        parts = BRACED.fullmatch(found["braced"] or found["plain"] or "")
        if parts is None:
            raise NoSuchVariable(say("`{what}` is not supported. Use ${{NAME}} or ${{NAME:-default}}.", what=found[0]))
        name, default = parts["name"], parts["default"]
        if name == PORT and PORT not in values:
            if port:
                return "${PORT}"
            raise NoSuchVariable(say("PORT is known only when the service starts; let the program read it."))
        if name in values:
            return fill(values[name], values, secrets, False, depth + 1)
        if default is not None:
            return default
        raise NoSuchVariable(missing(name, secrets))

    return VARIABLE.sub(replaced, text)


def missing(name: str, secrets: Collection[str]) -> Text:
    if name in secrets:
        return say(
            "{name} is a secret and never stands in a command. The program finds it in the file named by {name}_FILE.",
            name=name,
        )
    return say(
        "{name} is not in this service's `environment`. Add it there, or give a default: ${{{name}:-default}}",
        name=name,
    )
