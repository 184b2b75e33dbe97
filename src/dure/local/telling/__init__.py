"""How a run is told: to a person at a terminal, line by line to a file or another program, or as JSON."""

from dure.local.telling.json_lines import JsonLines
from dure.local.telling.lines import Lines
from dure.local.telling.live import Live
from dure.local.telling.plan import print_plan
from dure.local.telling.teller import Teller

__all__ = ["JsonLines", "Lines", "Live", "Teller", "print_plan"]
