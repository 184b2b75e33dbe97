"""How the API says no."""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

Code = Literal[
    "bad_request",
    "unauthenticated",
    "forbidden",
    "missing",
    "method_not_allowed",
    "refused",
    "too_large",
    "invalid",
    "too_many",
    "storage_full",
    "broken",
]


class Reason(Struct, kw_only=True):
    """Why not, in a sentence for people; by field where words could not be used."""

    code: Code
    message: str
    fields: dict[str, str] | UnsetType = UNSET
    reference: str | UnsetType = UNSET
    """What to look for in the log of the house, when the fault is ours."""


class Refusal(Struct, kw_only=True):
    error: Reason
