"""Sandboxes: a job sees the machine's programs and its own directory, and ends with everything it started."""

from dure.runner.sandbox.cell import PIPE_BYTES, Cell, CellLost
from dure.runner.sandbox.kernel import adopt
from dure.runner.sandbox.tier import CannotIsolate, choose, lay_scripts, words_of
from dure.runner.sandbox.view import SYSTEM_PATH, USER, User, View, own_python

__all__ = [
    "PIPE_BYTES",
    "SYSTEM_PATH",
    "USER",
    "CannotIsolate",
    "Cell",
    "CellLost",
    "User",
    "View",
    "adopt",
    "choose",
    "lay_scripts",
    "own_python",
    "words_of",
]
