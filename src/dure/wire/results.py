"""What jobs with `x-cache` came to, as laptops and the house tell each other."""

from typing import Annotated

from msgspec import Meta, Struct, field


class KeptResult(Struct, kw_only=True):
    """What a job with `x-cache` came to."""

    outputs: dict[str, str]
    run: int
    """The number of the run that did it; 0: it was done elsewhere."""
    artifacts: dict[str, str]
    """Their digests by name."""
    url: str = ""
    """The page with the log of who did the work."""
    by: str = ""
    """Who brought what was done elsewhere."""
    kinds: dict[str, str] = field(default_factory=dict)
    """The media types of those artifacts that are no zip."""


class NewKeptResult(Struct, kw_only=True, forbid_unknown_fields=True):
    outputs: Annotated[dict[str, str], Meta(max_length=500)] = field(default_factory=dict)
    artifacts: Annotated[dict[str, str], Meta(max_length=500)] = field(default_factory=dict)
    """The digests, by name, of artifacts that were brought before."""
