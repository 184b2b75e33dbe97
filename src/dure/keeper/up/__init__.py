"""`dure up`: the house on this machine, from its lock to its last write."""

from dure.keeper.up.start import up

__all__ = ["up"]
