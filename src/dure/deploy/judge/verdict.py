"""What the judge says: one word, the evidence in numbers, and a sentence for people."""

from typing import Literal

import msgspec

from dure.kit import Text, say

Word = Literal["go", "hold", "roll_back"]


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers behind a verdict, all since the rollout began but for those of the step."""

    e_value: float
    e_errors: float
    e_slow: float
    e_crashes: float
    # The chance that a version that is not worse would ever look this bad.
    p_value: float
    # How many times more often the new version fails: as counted, and what it is below with near certainty.
    risk: float | None
    risk_upper: float | None
    slow_above_ms: float | None
    seconds: float
    step_seconds: float
    step_requests: int
    control_requests: int
    control_errors: int
    control_slow: int
    control_crashes: int
    canary_requests: int
    canary_errors: int
    canary_slow: int
    canary_crashes: int


class Verdict(msgspec.Struct, frozen=True):
    """go          this step is passed
    hold        not known yet; nobody is blamed. `ask` is set when it has lasted so long that a person should decide
    roll_back   the new version is worse
    """

    word: Word
    words: Text
    evidence: Evidence
    ask: bool = False


def percent(part: int, whole: int) -> str:
    share = 100 * part / whole if whole else 0.0
    return f"{share:.1f} %" if share < 10 else f"{share:.0f} %"


def odds(e_value: float) -> str:
    return f"{min(e_value, 1e9):,.0f}"


def crash_loop() -> Text:
    return say("The new version does not stay up: it crashes again and again.")


def nothing_works(evidence: Evidence, streak: int) -> Text:
    return say(
        "All of the last {count} requests to the new version failed; of the old version {share} failed.",
        count=streak,
        share=percent(evidence.control_errors, evidence.control_requests),
    )


def worse(evidence: Evidence) -> Text:
    """The sentence names what weighs most."""
    e_value = odds(evidence.e_value)
    if evidence.e_crashes >= max(evidence.e_errors, evidence.e_slow):
        return say(
            "The new version crashed {canary} times and the old one {control} times; by chance that happens once in "
            "{odds} rollouts.",
            canary=evidence.canary_crashes,
            control=evidence.control_crashes,
            odds=e_value,
        )
    if evidence.e_slow > evidence.e_errors:
        return say(
            "The new version is slow: {canary} of its answers took longer than {ms} ms, of the old one {control}; by "
            "chance that happens once in {odds} rollouts.",
            canary=percent(evidence.canary_slow, evidence.canary_requests),
            control=percent(evidence.control_slow, evidence.control_requests),
            ms=f"{evidence.slow_above_ms or 0:g}",
            odds=e_value,
        )
    return say(
        "The new version fails {canary} of its requests ({errors} of {requests}), the old one {control}; by chance "
        "that happens once in {odds} rollouts.",
        canary=percent(evidence.canary_errors, evidence.canary_requests),
        errors=evidence.canary_errors,
        requests=evidence.canary_requests,
        control=percent(evidence.control_errors, evidence.control_requests),
        odds=e_value,
    )


def passed(evidence: Evidence) -> Text:
    return say(
        "The new version does as well as the old one: {canary} of its {requests} requests failed, of the old one's "
        "{control}.",
        canary=percent(evidence.canary_errors, evidence.canary_requests),
        requests=evidence.canary_requests,
        control=percent(evidence.control_errors, evidence.control_requests),
    )


def no_visitors(evidence: Evidence) -> Text:
    return say(
        "Nobody asked the new version for anything in {seconds} s, so nothing is known about it. Send it requests, or "
        "decide yourself.",
        seconds=round(evidence.step_seconds),
    )


def too_few(evidence: Evidence, enough: int) -> Text:
    return say(
        "{count} requests came to the new version in this step; {enough} are needed to judge it.",
        count=evidence.step_requests,
        enough=enough,
    )


def in_doubt(evidence: Evidence) -> Text:
    return say(
        "The new version looks worse, but that may be chance (1 in {odds}). More requests will tell.",
        odds=odds(evidence.e_value),
    )


def too_early(evidence: Evidence, least_seconds: float) -> Text:
    return say(
        "Nothing bad so far; the step lasts {least} s at least, and {seconds} s are over.",
        least=round(least_seconds),
        seconds=round(evidence.step_seconds),
    )
