"""Doing the jobs: a place for them, an order for each, a supervisor, and what it wants of a house."""

from dure.local.doing.doing import Doing
from dure.local.doing.leaving import Artifacts, Caches
from dure.local.doing.sharing import Sharing
from dure.local.doing.supplies import Supplies
from dure.local.doing.visiting import visit
from dure.local.doing.workplace import Workplace, make_workplace

__all__ = ["Artifacts", "Caches", "Doing", "Sharing", "Supplies", "Workplace", "make_workplace", "visit"]
