"""Where this machine keeps what one run leaves for the next."""

import os
from pathlib import Path


def cache_directory() -> Path:
    said = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(said) if said.startswith("/") else Path.home() / ".cache") / "dure"
