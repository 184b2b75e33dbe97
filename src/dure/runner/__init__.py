"""Runner: does the jobs of a house, each in a sandbox, and tells the house what happens.

It is a program of its own and may run on any machine that reaches the house. It only ever calls; nobody calls it. A
job goes on when its runner or its house is restarted or killed, and is reported when they are back.

In:    orders for jobs, from the house. Out: what happened in them, their logs, reports of tests, artifacts.
Asks:  the house, by the messages of `dure.wire`.
"""

from dure.runner.command import runner

__all__ = ["runner"]
