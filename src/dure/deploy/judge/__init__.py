"""Whether a new version is worse than the old one, said at any moment and right at every moment.

In: counts of both versions since the last look, crashes. Out: go, hold or roll back, with the evidence and a sentence.
Asks: nobody; it is arithmetic, and its state is JSON.
"""

from dure.deploy.judge.judging import Judge, Rules, Tick, open_judge
from dure.deploy.judge.odds import Odds, open_odds
from dure.deploy.judge.verdict import Evidence, Verdict

__all__ = ["Evidence", "Judge", "Odds", "Rules", "Tick", "Verdict", "open_judge", "open_odds"]
