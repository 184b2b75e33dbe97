"""What kind of value an expression comes to, as far as that can be known from the file alone."""

from dure.workflow.lint.values.checker import Checker, Fault
from dure.workflow.lint.values.contexts import (
    AVAILABLE,
    CONTEXTS,
    SECRETS_ALWAYS,
    Availability,
    github_with,
    known_contexts,
    steps_member,
)
from dure.workflow.lint.values.kinds import (
    ANY,
    FLAG,
    NOTHING,
    NUMBER,
    OPEN,
    WORDS,
    Kind,
    Name,
    joined,
    kind_of_value,
    list_of,
    map_of,
    record_of,
)
from dure.workflow.lint.values.untrusted import untrusted

__all__ = [
    "ANY",
    "AVAILABLE",
    "CONTEXTS",
    "FLAG",
    "NOTHING",
    "NUMBER",
    "OPEN",
    "SECRETS_ALWAYS",
    "WORDS",
    "Availability",
    "Checker",
    "Fault",
    "Kind",
    "Name",
    "github_with",
    "joined",
    "kind_of_value",
    "known_contexts",
    "list_of",
    "map_of",
    "record_of",
    "steps_member",
    "untrusted",
]
