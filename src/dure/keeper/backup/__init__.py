"""`dure backup` and `dure restore`: a house in one file, and back."""

from dure.keeper.backup.make import backup
from dure.keeper.backup.restore import restore

__all__ = ["backup", "restore"]
