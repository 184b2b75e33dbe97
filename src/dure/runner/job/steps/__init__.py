"""The steps of a job, and those that actions are made of."""

from dure.runner.job.steps.step import do_later, do_step, skip

__all__ = ["do_later", "do_step", "skip"]
