"""The sections of a workflow file, each checked by its own module."""

from dure.workflow.lint.sections.workflow import check_workflow

__all__ = ["check_workflow"]
