"""The course of a run: what may begin, what came of it, and what people want of it meanwhile.

In: a run that is locked, with a word about one of its jobs. Out: jobs that wait for a runner, that call, that are over;
runs that are over. Asks: code, for the checks of commits; policy, where people ask for something.
"""

from dure.build.run.course.advance import (
    BELL,
    advance,
    begin_running,
    end_run,
    enter_group,
    show_check,
    sit_down,
)
from dure.build.run.course.approving import (
    NothingToApprove,
    approve_run,
    let_job_go,
    refuse_job,
    refuse_run,
)
from dure.build.run.course.attempts import lose_job, take_back
from dure.build.run.course.calling import placeholders
from dure.build.run.course.cancel import AlreadyOver, cancel_job, cancel_run
from dure.build.run.course.ending import end_job, stop_job
from dure.build.run.course.filling import group_in
from dure.build.run.course.repeat import CannotRepeat, rerun
from dure.build.run.course.weighing import ASKED, WEIGHED, WEIGHING, Weighing

__all__ = [
    "ASKED",
    "BELL",
    "WEIGHED",
    "WEIGHING",
    "AlreadyOver",
    "CannotRepeat",
    "NothingToApprove",
    "Weighing",
    "advance",
    "approve_run",
    "begin_running",
    "cancel_job",
    "cancel_run",
    "end_job",
    "end_run",
    "enter_group",
    "group_in",
    "let_job_go",
    "lose_job",
    "placeholders",
    "refuse_job",
    "refuse_run",
    "rerun",
    "show_check",
    "sit_down",
    "stop_job",
    "take_back",
]
