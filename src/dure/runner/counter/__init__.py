"""The counter: where programs inside a job ask for what GitHub's own services give there.

A small HTTP server on this machine's loopback, in the supervisor's process, living exactly as long as its job. It
speaks artifacts (version 4) and caches (version 2) with uploads in blocks, hands out identity tokens, and passes git
and the REST API on to the house. What is kept goes over wants, like everything of a supervisor, so a runner or a
house that is killed meanwhile is waited for.

In: requests of the job's own programs, each with a token of this job. Out: wants, and variables that tell programs
where the counter is. Asks: the runner, by wants; the house, for git and REST.
"""

from dure.runner.counter.counter import Counter

__all__ = ["Counter"]
