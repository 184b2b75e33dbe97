"""Reading a workflow file: from the YAML tree to records, with every mistake in its place."""

from dure.workflow.reading.file import parse_workflow

__all__ = ["parse_workflow"]
