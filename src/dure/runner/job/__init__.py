"""One job at its supervisor: its steps, one by one. What it wants of the house, it asks of the runner."""

from dure.runner.job.supervisor import Errand, supervise
from dure.runner.job.warm import Kind, Warm

__all__ = ["Errand", "Kind", "Warm", "supervise"]
