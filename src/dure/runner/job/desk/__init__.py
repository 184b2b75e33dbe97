"""What one job is done with: its sandbox, its log, its files, and what its expressions may name at each moment."""

from dure.runner.job.desk.desk import Desk, Done, Later, Said, StepFailed, Stopped, at, make_room
from dure.runner.job.desk.drawer import READ, Drawer, at_beneath, give, read_beneath
from dure.runner.job.desk.scope import Scope, Standing
from dure.runner.job.desk.watch import SideWatch, Stop, Watch

__all__ = [
    "READ",
    "Desk",
    "Done",
    "Drawer",
    "Later",
    "Said",
    "Scope",
    "SideWatch",
    "Standing",
    "StepFailed",
    "Stop",
    "Stopped",
    "Watch",
    "at",
    "at_beneath",
    "give",
    "make_room",
    "read_beneath",
]
