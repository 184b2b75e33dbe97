"""Who looks at the page, and how they like to see it."""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from litestar import Request
from litestar.datastructures import State

from dure.kit import LANGUAGES
from dure.ledger import Actor

LANGUAGE_COOKIE = "dure_language"
THEME_COOKIE = "dure_theme"
THEMES = ("light", "dark")

Asked = Request[Any, Any, State]
"""A request as the shell sees it. Each room has a type of its own for the user; the shell reads it as a Viewer."""


@runtime_checkable
class Viewer(Protocol):
    """What the shell must know of whoever looks. The room of people has its own record that fits."""

    @property
    def ref(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def language(self) -> str | None: ...
    @property
    def theme(self) -> str | None: ...
    @property
    def signed_in(self) -> bool: ...
    @property
    def is_admin(self) -> bool: ...


@dataclass(frozen=True)
class Anonymous(Actor):
    """Somebody we do not know: may look at what is public, and may choose a language and a theme."""

    language: str | None = None
    theme: str | None = None
    signed_in: bool = False
    is_admin: bool = False


ANONYMOUS = Anonymous("anonymous", "")


def viewer_of(request: Asked) -> Viewer:
    """The one who asks. Before the middleware of people has run, and where it does not run, nobody we know."""
    user = request.scope.get("user")
    return user if isinstance(user, Viewer) else ANONYMOUS


def language_of(request: Asked) -> str:
    """The person's own wish first, then what was chosen in this browser, then what the browser asks for."""
    wishes = (viewer_of(request).language, request.cookies.get(LANGUAGE_COOKIE))
    chosen = next((wish for wish in wishes if wish in LANGUAGES), None)
    return chosen or preferred(request.headers.get("accept-language", ""))


def theme_of(request: Asked) -> str:
    """`light`, `dark`, or `system`: then the browser decides."""
    wishes = (viewer_of(request).theme, request.cookies.get(THEME_COOKIE))
    return next((wish for wish in wishes if wish in THEMES), "system")


def preferred(accept_language: str) -> str:
    """The language of ours that an Accept-Language header likes best; English when it likes none."""
    liked: list[tuple[float, str]] = []
    for wish in accept_language[:500].split(","):
        tag, _, quality = wish.strip().partition(";q=")
        language = tag.split("-")[0].lower()
        if language in LANGUAGES:
            liked.append((weight(quality), language))
    best = max(liked, key=lambda entry: entry[0], default=(0.0, LANGUAGES[0]))
    return best[1] if best[0] > 0 else LANGUAGES[0]


def weight(quality: str) -> float:
    """A `q` value. One that cannot be read counts as the least wish there is."""
    if not quality:
        return 1.0
    try:
        return min(max(float(quality), 0.0), 1.0)
    except ValueError:
        return 0.001
