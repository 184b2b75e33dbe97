"""What a step says to its runner: by lines that it prints, and by files that it writes."""

from dure.runner.job.saying.files import add_path, heard
from dure.runner.job.saying.matching import Matching
from dure.runner.job.saying.remarks import Remarks

__all__ = ["Matching", "Remarks", "add_path", "heard"]
