"""The runner's own process: it speaks to the house, and carries what the supervisors of its jobs write down."""

from dure.runner.agent.agent import Agent, Wishes
from dure.runner.agent.house import Away, House

__all__ = ["Agent", "Away", "House", "Wishes"]
