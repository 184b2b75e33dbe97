"""Work that is not done twice: what jobs with `x-cache` came to, kept under the key of everything they depend on.

In: jobs that wait to be weighed, jobs that ended well, results from laptops. Out: jobs that are over without a runner.
Asks: code, for the hashes of files, outside of any transaction; the vault, for versions; policy.
"""

from dure.build.reuse.elsewhere import bring_artifact, may_bring, put_result, result_artifact, result_with
from dure.build.reuse.result import Result, forget_results, keep_result, result_of
from dure.build.reuse.weighing import weighings

__all__ = [
    "Result",
    "bring_artifact",
    "forget_results",
    "keep_result",
    "may_bring",
    "put_result",
    "result_artifact",
    "result_of",
    "result_with",
    "weighings",
]
