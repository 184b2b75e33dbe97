"""What each number means, said beside it wherever it is shown."""

from dure.kit import Text, say

EDITION = say("Definitions: dora.dev, 2026. Compare a team with itself over time, not with other teams.")
DEFINITIONS: dict[str, Text] = {
    "lead_time": say(
        "From the moment the house received a commit to the moment the first deployment with it was live in all of "
        "production. The median over the commits that first went live in this time."
    ),
    "frequency": say("Successful deployments to production, divided by the days."),
    "recovery": say(
        "From the first traffic to a version that failed to the moment people were served well again: no more traffic "
        "to it, the next version live, or the incident over. The median."
    ),
    "change_fail": say(
        "Of the deployments that got traffic of production, those that were rolled back or led to an incident."
    ),
    "rework": say(
        "Of the deployments that got traffic of production, those made because of an incident: ways back and repairs."
    ),
}
NAMES: dict[str, Text] = {
    "lead_time": say("Change lead time"),
    "frequency": say("Deployment frequency"),
    "recovery": say("Failed deployment recovery time"),
    "change_fail": say("Change fail rate"),
    "rework": say("Deployment rework rate"),
}


def in_words(seconds: float | None) -> Text:
    """A span of time, as short as it can be said."""
    if seconds is None:
        return say("none yet")
    if seconds < 120:
        return say("{count} s", count=round(seconds, 1) if seconds < 10 else round(seconds))
    if seconds < 7200:
        return say("{count} min", count=round(seconds / 60))
    if seconds < 172_800:
        return say("{count} h", count=round(seconds / 3600, 1))
    return say("{count} d", count=round(seconds / 86_400, 1))


def share_in_words(ratio: float | None) -> Text:
    return say("none yet") if ratio is None else say("{count} %", count=round(ratio * 100, 1))
