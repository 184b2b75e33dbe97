"""The evidence that bad things happen more often with the new version than with the old one.

An e-process on counts. Each bad thing (an error, a slow answer, a crash) happened either to the new version or to the
old one. If both are alike, it was the new one's with the probability of its share of the requests, which is known
before anybody looks. How much better each other ratio of risks explains what happened is kept as a likelihood on a
grid of ratios. The mean of those above the tolerated ratio, divided by that of the tolerated ratio, is the e-value:
if the new version is not worse than tolerated, it ever reaches 1/alpha with a probability of at most alpha (Ville),
however often we look and however the weights change in between. Outages that hit both versions cancel out.
"""

import math

import msgspec

# Ratios of risks, as multiples of the tolerated one.
BELOW = (1 / 100, 1 / 30, 1 / 10, 1 / 5, 1 / 3, 1 / 2, 1 / 1.6)
ABOVE = (1.6, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0)
MULTIPLES = (*BELOW, 1.0, *ABOVE)
HERE = len(BELOW)
# Beyond this the number says nothing more, and JSON knows no infinity.
E_MAX = 1e12


class Odds(msgspec.Struct):
    """What is known about one kind of bad thing."""

    tolerance: float
    # The log-likelihood of each ratio on the grid.
    logs: list[float]

    def note(self, share: float, canary: int, control: int) -> None:
        """So many happened to either version while the new one had this share of the requests."""
        if not 0.0 < share < 1.0 or not canary + control:
            return
        for place, multiple in enumerate(MULTIPLES):
            weight = self.tolerance * multiple * share
            its = weight / (weight + 1.0 - share)
            self.logs[place] += canary * math.log(its) + control * math.log1p(-its)

    def e_value(self) -> float:
        """How strongly all this speaks against "not worse than tolerated". 1 says nothing."""
        return likelihood(self.logs[HERE + 1 :], self.logs[HERE])

    def risk_upper(self, alpha: float) -> float | None:
        """The ratio that the true one is below, all looks together, but for a chance of alpha. None while not even
        the largest ratio on the grid is ruled out."""
        for place in range(HERE, len(MULTIPLES)):
            if likelihood(self.logs[:place], self.logs[place]) >= 1.0 / alpha:
                return self.tolerance * MULTIPLES[place]
        return None


def open_odds(tolerance: float) -> Odds:
    return Odds(tolerance, [0.0] * len(MULTIPLES))


def likelihood(others: list[float], this: float) -> float:
    """The mean likelihood of the others, compared with this one."""
    top = max(others)
    log = top - this + math.log(sum(math.exp(each - top) for each in others) / len(others))
    return math.exp(log) if log < math.log(E_MAX) else E_MAX
