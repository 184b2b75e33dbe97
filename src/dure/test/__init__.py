"""Test: what the tests of every run say, and what each of them has said before.

In: the JUnit XML of a job (build.report_received). Out: test.results_read with the new failures; results of runs and
commits, and the history of every test. Asks: build for reports, storage for their bytes, code for the default branch.
"""

from dure.test.case import Case
from dure.test.history import KINDS, Kind, Listing, Story, cases_of, story_of
from dure.test.junit import Outcome, ReportBroken, read_junit
from dure.test.reading import readings
from dure.test.report import Report, ReportUnreadable, Result, ResultsRead
from dure.test.results import Failure, Results, Summary, commit_results, results_of, run_results

__all__ = [
    "KINDS",
    "Case",
    "Failure",
    "Kind",
    "Listing",
    "Outcome",
    "Report",
    "ReportBroken",
    "ReportUnreadable",
    "Result",
    "Results",
    "ResultsRead",
    "Story",
    "Summary",
    "cases_of",
    "commit_results",
    "read_junit",
    "readings",
    "results_of",
    "run_results",
    "story_of",
]
