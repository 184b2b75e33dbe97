"""Lint: what is wrong with workflow files and actions before anything runs, told with its place and a remedy.

It goes beyond the reader of workflows, which refuses only what it cannot carry out: lint knows kinds of values in
expressions, what actions and called workflows take, which labels there are, and what a stranger may write. The names
of its rules are actionlint's. Pure: texts go in, findings come out.
"""

from dure.workflow.lint.checking import Checked, check, lint
from dure.workflow.lint.config import read_config
from dure.workflow.lint.desk import Config, Script
from dure.workflow.lint.finding import Finding, Rule
from dure.workflow.lint.python_script import python_faults

__all__ = ["Checked", "Config", "Finding", "Rule", "Script", "check", "lint", "python_faults", "read_config"]
