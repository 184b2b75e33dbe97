"""Actions: what a step `uses`. All their work is done inside the sandbox.

In: a step, and how steps are performed, because actions may be made of steps. Out: how it went.
"""

from dure.runner.job.actions.early import EARLY_MAX, early_ones
from dure.runner.job.actions.using import use

__all__ = ["EARLY_MAX", "early_ones", "use"]
