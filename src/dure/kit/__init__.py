"""Tools that know nothing of the loop: errors, texts, time, ids, outside programs, masks, limits.

In: nothing. Out: small plain functions and types. Asks: nobody. The command line imports this room too, so
nothing here may import a database or a web framework.
"""

from dure.kit.errors import Forbidden, Invalid, Missing, Refused, TooMany, Unauthenticated
from dure.kit.forms import HIDDEN_BYTES_MIN
from dure.kit.ids import digest, new_secret
from dure.kit.keeping import keep, kept, whole
from dure.kit.links import web_link
from dure.kit.masking import Mask, mask
from dure.kit.process import NotFound, Ran, TooSlow, run, start
from dure.kit.terminal import (
    NotRunning,
    Progress,
    columns_of,
    language_here,
    paint,
    plain,
    shortened,
    table,
    terminal_columns,
    told,
)
from dure.kit.text import LANGUAGES, LOCALE, Text, catalogue, say, say_count
from dure.kit.time import now

__all__ = [
    "HIDDEN_BYTES_MIN",
    "LANGUAGES",
    "LOCALE",
    "Forbidden",
    "Invalid",
    "Mask",
    "Missing",
    "NotFound",
    "NotRunning",
    "Progress",
    "Ran",
    "Refused",
    "Text",
    "TooMany",
    "TooSlow",
    "Unauthenticated",
    "catalogue",
    "columns_of",
    "digest",
    "keep",
    "kept",
    "language_here",
    "mask",
    "new_secret",
    "now",
    "paint",
    "plain",
    "run",
    "say",
    "say_count",
    "shortened",
    "start",
    "table",
    "terminal_columns",
    "told",
    "web_link",
    "whole",
]
