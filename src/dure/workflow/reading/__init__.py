"""Reading a workflow file: from its words to records, with every mistake and its place."""

from dure.workflow.reading.calls import called_path, check_calls
from dure.workflow.reading.file import Examined, examine, parse_workflow

__all__ = ["Examined", "called_path", "check_calls", "examine", "parse_workflow"]
