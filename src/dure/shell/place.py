"""What rooms hang into the frame: places to go, and panels on pages of earlier rooms."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from markupsafe import Markup

from dure.kit import Text
from dure.shell.viewer import Asked, Viewer


@dataclass(frozen=True)
class Place:
    """A tab, and a key: `g` and then `key` goes there from anywhere.

    `within` says where the tab stands: in the header of the house, on every page of a project (then `url` has
    a `{project}` in it), behind "More" at the end of those tabs (`more`), among one's own pages (`me`), or among
    the pages of whoever keeps the house (`admin`).
    """

    name: str
    label: Text
    url: str
    key: str = ""
    within: str = "house"
    shown: Callable[[Viewer], bool] | None = None

    def may_be_seen_by(self, viewer: Viewer) -> bool:
        return self.shown is None or self.shown(viewer)


class Draw(Protocol):
    """Draws one panel from what the page knows. An empty answer leaves no trace."""

    def __call__(self, request: Asked, **context: object) -> Markup | str: ...


@dataclass
class Panels:
    """Later rooms hang panels on earlier pages, which know only the name of the hook."""

    hung: dict[str, list[Draw]] = field(default_factory=dict)

    def hang(self, page: str, draw: Draw) -> None:
        self.hung.setdefault(page, []).append(draw)

    def draw(self, page: str, request: Asked, **context: object) -> Markup:
        return Markup().join(draw(request, **context) for draw in self.hung.get(page, ()))
