"""What the person asks for: their words, the workflows that they mean, the event, and which workflows it begins."""

from dure.local.asking.asked import Asked, NotUnderstood, many, pairs, pairs_in, payload_in
from dure.local.asking.choosing import DISPATCH, Choice, choices, event_here
from dure.local.asking.finding import Broken, Found, place_and_words, workflows_here
from dure.local.asking.happened import Happened, github_of

__all__ = [
    "DISPATCH",
    "Asked",
    "Broken",
    "Choice",
    "Found",
    "Happened",
    "NotUnderstood",
    "choices",
    "event_here",
    "github_of",
    "many",
    "pairs",
    "pairs_in",
    "payload_in",
    "place_and_words",
    "workflows_here",
]
