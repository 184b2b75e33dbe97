"""One job at its supervisor: its steps, one by one. What it wants of the house, it asks of the runner."""

from dure.runner.job.supervisor import Errand, supervise

__all__ = ["Errand", "supervise"]
