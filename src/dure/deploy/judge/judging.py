"""The judge of one rollout of one service: it is told what happened since the last look, and says what to do."""

import msgspec

from dure.deploy.judge import verdict as words
from dure.deploy.judge.odds import E_MAX, Odds, open_odds
from dure.deploy.judge.verdict import Evidence, Verdict
from dure.deploy.traffic import LATENCY_EDGES_MS, Counts, Latency

# How much of the belief is put on each kind of bad thing. A weighted mean of e-values is an e-value.
ERRORS_WEIGHT, SLOW_WEIGHT, CRASHES_WEIGHT = 0.6, 0.2, 0.2
# Slow answers come in bursts and a young process has cold caches, so more is tolerated and its first answers are free.
SLOW_TOLERANCE = 2.0
WARM_REQUESTS = 50
# So many answers of the old version say what is usual for it.
LEARN_REQUESTS = 200
USUAL_SHARE = 0.95
# Below this nobody calls an answer slow.
SLOW_MS_LEAST = 10.0
# So many failures without one success end a rollout at once.
STREAK_REQUESTS = 5
# While the evidence is beyond this part of what rolls back, a step is not passed; one bad thing alone is no doubt.
DOUBT_PART = 0.02
DOUBT_LEAST = 2
# A step is passed early when the risk is below this many times the tolerated one.
CLEAR_TIMES = 2.0


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """How strict the judge is."""

    # The share of good versions that may be rolled back by mistake.
    alpha: float = 0.01
    # How many times more often the new version may fail.
    tolerance: float = 1.25
    # How long a step lasts at least.
    min_seconds: float = 10.0
    # So many requests to the new version are enough to pass a step without further proof.
    enough_requests: int = 100
    # How long the judge holds before it asks a person.
    ask_after_seconds: float = 600.0


class Tick(msgspec.Struct, frozen=True, kw_only=True):
    """What happened since the last look: a second, or longer after the house was away."""

    seconds: float
    control: Counts
    canary: Counts
    control_crashes: int = 0
    canary_crashes: int = 0
    # The platform says that the new version does not stay up.
    crash_loop: bool = False


class Side(msgspec.Struct):
    """What one of the two versions did since the rollout began."""

    requests: int = 0
    errors: int = 0
    slow: int = 0
    crashes: int = 0

    def add(self, counts: Counts, slow: int, crashes: int) -> None:
        self.requests += counts.requests
        self.errors += counts.errors
        self.slow += slow
        self.crashes += crashes


class Streak(msgspec.Struct):
    """What came since the new version last answered well."""

    requests: int = 0
    control_requests: int = 0
    control_errors: int = 0

    def add(self, tick: Tick) -> None:
        if tick.canary.errors < tick.canary.requests:
            self.requests = self.control_requests = self.control_errors = 0
        else:
            self.requests += tick.canary.requests
            self.control_requests += tick.control.requests
            self.control_errors += tick.control.errors


class Judge(msgspec.Struct):
    """The state of one rollout; encode it as JSON and it goes on in another process."""

    rules: Rules
    errors: Odds
    slow: Odds
    crashes: Odds
    control: Side
    canary: Side
    streak: Streak
    # The usual latency of the old version, while it is learned.
    usual: dict[float, int]
    slow_above_ms: float | None = None
    seconds: float = 0.0
    step_seconds: float = 0.0
    step_requests: int = 0
    condemned: Verdict | None = None

    def observe(self, tick: Tick) -> Verdict:
        """Take in what happened, and judge."""
        if self.condemned is None:
            self.take(tick)
            verdict = self.judge(tick.crash_loop)
            if verdict.word != "roll_back":
                return verdict
            self.condemned = verdict
        return self.condemned

    def next_step(self) -> None:
        """The new version gets more visitors from now on."""
        self.step_seconds, self.step_requests = 0.0, 0

    def judge(self, crash_loop: bool) -> Verdict:
        rules, evidence = self.rules, self.evidence()
        if crash_loop:
            return Verdict("roll_back", words.crash_loop(), evidence)
        if self.nothing_works():
            return Verdict("roll_back", words.nothing_works(evidence, self.streak.requests), evidence)
        if evidence.e_value >= 1.0 / rules.alpha:
            return Verdict("roll_back", words.worse(evidence), evidence)
        ask = self.step_seconds >= max(rules.ask_after_seconds, rules.min_seconds)
        bad = max(self.canary.errors, self.canary.slow, self.canary.crashes)
        if bad >= DOUBT_LEAST and evidence.e_value >= DOUBT_PART / rules.alpha:
            return Verdict("hold", words.in_doubt(evidence), evidence, ask)
        if self.step_seconds < rules.min_seconds:
            return Verdict("hold", words.too_early(evidence, rules.min_seconds), evidence)
        if self.step_requests == 0:
            return Verdict("hold", words.no_visitors(evidence), evidence, ask)
        if self.step_requests >= rules.enough_requests or self.clear(evidence):
            return Verdict("go", words.passed(evidence), evidence)
        return Verdict("hold", words.too_few(evidence, rules.enough_requests), evidence, ask)

    def clear(self, evidence: Evidence) -> bool:
        return evidence.risk_upper is not None and evidence.risk_upper <= CLEAR_TIMES * self.rules.tolerance

    def nothing_works(self) -> bool:
        """Only failures, where the old version's rate of failing, now or ever, cannot explain them."""
        streak = self.streak
        if streak.requests < STREAK_REQUESTS:
            return False
        if not self.control.requests:
            return True
        failing = max(
            (self.control.errors + 1) / (self.control.requests + 2),
            (streak.control_errors + 1) / (streak.control_requests + 2) if streak.control_requests else 0.0,
        )
        # The logarithm is not needed: a tiny number to a great power is zero, which is right.
        return bool(failing**streak.requests < self.rules.alpha / 100)

    def take(self, tick: Tick) -> None:
        self.seconds += tick.seconds
        self.step_seconds += tick.seconds
        self.step_requests += tick.canary.requests
        both = tick.canary.requests + tick.control.requests
        share = tick.canary.requests / both if both else 0.5
        slow = self.slow_ones(tick)
        if both:
            self.errors.note(share, tick.canary.errors, tick.control.errors)
            if self.canary.requests >= WARM_REQUESTS:
                self.slow.note(share_of_answers(tick), *slow)
        # A version may crash by its visitors or all by itself: the explanation that blames it least counts.
        self.crashes.note(min(max(share, 0.5), 1 - 1e-9), tick.canary_crashes, tick.control_crashes)
        self.streak.add(tick)
        self.canary.add(tick.canary, slow[0], tick.canary_crashes)
        self.control.add(tick.control, slow[1], tick.control_crashes)
        if self.slow_above_ms is None:
            self.learn(tick.control.latency)

    def slow_ones(self, tick: Tick) -> tuple[int, int]:
        edge = self.slow_above_ms
        if edge is None:
            return 0, 0
        canary, control = (
            sum(count for above, count in counts.latency if above > edge) for counts in (tick.canary, tick.control)
        )
        return canary, control

    def learn(self, latency: Latency) -> None:
        """What is usual is fixed before it is used: a border that moved with the data would prove anything."""
        for edge, count in latency:
            self.usual[edge] = self.usual.get(edge, 0) + count
        if sum(self.usual.values()) >= LEARN_REQUESTS:
            self.slow_above_ms = slow_border(self.usual)
            self.usual = {}

    def evidence(self) -> Evidence:
        e_errors, e_slow, e_crashes = (each.e_value() for each in (self.errors, self.slow, self.crashes))
        e_value = ERRORS_WEIGHT * e_errors + SLOW_WEIGHT * e_slow + CRASHES_WEIGHT * e_crashes
        control, canary = self.control, self.canary
        known = control.errors and canary.requests
        return Evidence(
            e_value=min(e_value, E_MAX),
            e_errors=e_errors,
            e_slow=e_slow,
            e_crashes=e_crashes,
            p_value=min(1.0, 1.0 / e_value) if e_value else 1.0,
            risk=(canary.errors / canary.requests) / (control.errors / control.requests) if known else None,
            risk_upper=self.errors.risk_upper(self.rules.alpha),
            slow_above_ms=self.slow_above_ms,
            seconds=self.seconds,
            step_seconds=self.step_seconds,
            step_requests=self.step_requests,
            control_requests=control.requests,
            control_errors=control.errors,
            control_slow=control.slow,
            control_crashes=control.crashes,
            canary_requests=canary.requests,
            canary_errors=canary.errors,
            canary_slow=canary.slow,
            canary_crashes=canary.crashes,
        )


def share_of_answers(tick: Tick) -> float:
    """Latencies may be told a little later than requests, so they have a share of their own."""
    canary, control = (sum(count for _, count in counts.latency) for counts in (tick.canary, tick.control))
    return canary / (canary + control) if canary + control else 0.0


def slow_border(usual: dict[float, int]) -> float:
    """An answer is slow when it is beyond the bucket next to that of the old version's 95th percentile: a version
    that sits just below an edge must not make one just above it look slow."""
    edges, whole, passed = sorted(usual), sum(usual.values()), 0
    for edge in edges:
        passed += usual[edge]
        if passed >= USUAL_SHARE * whole:
            return max(SLOW_MS_LEAST, beyond(edge))
    return beyond(edges[-1])


def beyond(edge: float) -> float:
    return next((each for each in LATENCY_EDGES_MS if each > edge), edge)


def open_judge(rules: Rules, baseline: Latency = ()) -> Judge:
    """A judge for one rollout. The baseline is the old version's latency before it began, if known."""
    judge = Judge(
        rules=rules,
        errors=open_odds(rules.tolerance),
        slow=open_odds(max(SLOW_TOLERANCE, rules.tolerance)),
        crashes=open_odds(rules.tolerance),
        control=Side(),
        canary=Side(),
        streak=Streak(),
        usual={},
    )
    judge.learn(baseline)
    return judge
