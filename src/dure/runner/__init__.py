"""Runner: does the jobs of a house, each in a sandbox, and tells the house what happens.

It is a program of its own and may run on any machine that reaches the house. It only ever calls; nobody calls it. A
job goes on when its runner or its house is restarted or killed, and is reported when they are back.

The door hands out what one job needs and no more, because `dure run` does jobs without any house: a supervisor, its
place, its sandbox. The word `dure runner` is found in `command.py` when it is said.

In:    orders for jobs, from the house. Out: what happened in them, their logs, reports of tests, artifacts.
Asks:  the house, by the messages of `dure.wire`.
"""

from dure.runner.job import Errand, supervise
from dure.runner.place import Answer, JobPlace, Want, remove
from dure.runner.record import happenings
from dure.runner.sandbox import USER, User, View, adopt, choose, lay_scripts, own_python

__all__ = [
    "USER",
    "Answer",
    "Errand",
    "JobPlace",
    "User",
    "View",
    "Want",
    "adopt",
    "choose",
    "happenings",
    "lay_scripts",
    "own_python",
    "remove",
    "supervise",
]
