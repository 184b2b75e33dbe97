"""What a step is given: its name, its variables, its shell."""

from dure.runner.job.given.environment import FILES, OURS, event_of
from dure.runner.job.given.shell import shell_of
from dure.runner.job.given.showing import NAME_MAX, environment, first_line, shown_name, template_of

__all__ = [
    "FILES",
    "NAME_MAX",
    "OURS",
    "environment",
    "event_of",
    "first_line",
    "shell_of",
    "shown_name",
    "template_of",
]
