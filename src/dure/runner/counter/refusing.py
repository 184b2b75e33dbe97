"""How the counter says no: always JSON, because the clients take anything else for a hiccup and try again."""

from dataclasses import dataclass

TWIRP = {
    400: "invalid_argument",
    401: "unauthenticated",
    403: "permission_denied",
    404: "not_found",
    409: "already_exists",
    411: "invalid_argument",
    413: "resource_exhausted",
    501: "unimplemented",
    502: "unavailable",
    503: "unavailable",
}


@dataclass(frozen=True)
class No(Exception):
    """A status and a sentence."""

    status: int
    words: str

    @property
    def code(self) -> str:
        return TWIRP.get(self.status, "internal")


class Closing(Exception):
    """The job is over; nobody is served any more."""
