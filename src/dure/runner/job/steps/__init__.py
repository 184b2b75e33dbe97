"""The steps of a job, and those that actions are made of."""

from dure.runner.job.steps.course import do_steps

__all__ = ["do_steps"]
