"""`dure lint`: what is wrong with workflow files, told before anything runs."""

from dure.cli.lint.command import lint

__all__ = ["lint"]
