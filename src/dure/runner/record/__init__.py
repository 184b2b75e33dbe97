"""What is written down of a job: its journal, its log, and what its lines and files say to us."""

from dure.runner.record.command import Command, read_command
from dure.runner.record.journal import Journal, happenings
from dure.runner.record.lines import Lines
from dure.runner.record.log import Log, SideLines
from dure.runner.record.matcher import Matcher, MatcherBroken, plain_line, read_matchers
from dure.runner.record.pairs import PairsBroken, read_pairs

__all__ = [
    "Command",
    "Journal",
    "Lines",
    "Log",
    "Matcher",
    "MatcherBroken",
    "PairsBroken",
    "SideLines",
    "happenings",
    "plain_line",
    "read_command",
    "read_matchers",
    "read_pairs",
]
