"""What lint knows of actions: those that everybody uses, and those that lie in the repository."""

from dure.workflow.lint.actions.known import Facts, Input, known_action
from dure.workflow.lint.actions.metadata import Metadata, read_action

__all__ = ["Facts", "Input", "Metadata", "known_action", "read_action"]
