"""Programs that run what jobs use: those of the machine, and those that are fetched once where it does not have them.

What is fetched lies in the runner's directory, `programs`, one folder for each version, and every job may read it.
"""

from dure.runner.programs.node import CANNOT, NODE_OLDEST, NoNode, fetch_node, kept_node, system_node
from dure.runner.programs.python import NoPython, Python, fetch_python, pythons_here
from dure.runner.programs.versions import Version, newest, satisfies

__all__ = [
    "CANNOT",
    "NODE_OLDEST",
    "NoNode",
    "NoPython",
    "Python",
    "Version",
    "fetch_node",
    "fetch_python",
    "kept_node",
    "newest",
    "pythons_here",
    "satisfies",
    "system_node",
]
