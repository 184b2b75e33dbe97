"""Our own scripts and styles: read once, named by their content, kept by browsers for ever."""

import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import msgspec

DIST = Path(__file__).parent / "static" / "dist"
KINDS = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".txt": "text/plain",
}
PACKED_ALREADY = {".png", ".woff2"}


@dataclass(frozen=True)
class Asset:
    kind: str
    plain: bytes
    packed: bytes | None


class NotBuilt(Exception):
    """The browser's side has not been bundled."""


@dataclass(frozen=True)
class Assets:
    """Every file of the bundle by its hashed name, and the hashed name of each source."""

    files: dict[str, Asset]
    names: dict[str, str]

    @classmethod
    def load(cls, folder: Path = DIST) -> Self:
        manifest = folder / "manifest.json"
        if not manifest.is_file():
            raise NotBuilt(f"There is no {manifest}. `make setup` bundles the scripts and styles.")
        names = msgspec.json.decode(manifest.read_bytes(), type=dict[str, str])
        files = {path.name: read(path) for path in sorted(folder.iterdir()) if path.suffix in KINDS}
        return cls(files, names)

    def url(self, source: str) -> str:
        """Where a source is served: `app.css` becomes `/assets/app-2F4K.css`."""
        return f"/assets/{self.names[source]}"


def read(path: Path) -> Asset:
    plain = path.read_bytes()
    twin = path.with_name(f"{path.name}.gz")
    if path.suffix in PACKED_ALREADY:
        packed = None
    else:
        packed = twin.read_bytes() if twin.is_file() else gzip.compress(plain, 9, mtime=0)
    return Asset(KINDS[path.suffix], plain, packed)
