"""What the pages of runs show: read in one go, and put into words and pictures.

In: a project and a number. Out: everything one page needs. Asks: policy, before anything.
"""

from dure.build.shown.failing import Failing, with_lines
from dure.build.shown.graph import Graph, Node, drawn
from dure.build.shown.queue import Line, Place, QueueShown, house_queue, project_queue
from dure.build.shown.remarks import Remark, Remarks, remarks_at
from dure.build.shown.runners import HERE_VERSION, Doing, Hall, RunnerSeen, hall_of, whole_hall
from dure.build.shown.whole import JobPage, RunPage, find_job, job_page, run_detail, run_page, runs_shown, stage_counts
from dure.build.shown.words import event_words, how_long, state_words, waiting_words

__all__ = [
    "HERE_VERSION",
    "Doing",
    "Failing",
    "Graph",
    "Hall",
    "JobPage",
    "Line",
    "Node",
    "Place",
    "QueueShown",
    "Remark",
    "Remarks",
    "RunPage",
    "RunnerSeen",
    "drawn",
    "event_words",
    "find_job",
    "hall_of",
    "house_queue",
    "how_long",
    "job_page",
    "project_queue",
    "remarks_at",
    "run_detail",
    "run_page",
    "runs_shown",
    "stage_counts",
    "state_words",
    "waiting_words",
    "whole_hall",
    "with_lines",
]
