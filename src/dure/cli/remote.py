"""The project of a folder: its git remote `dure` says which one it is, and in which house."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from dure.cli.client import Client, part
from dure.cli.config import Config, HouseKey, read_config
from dure.cli.git import ask_git
from dure.kit import NotFound

REMOTE = "dure"


@dataclass(frozen=True)
class Here:
    """Where a folder belongs. `house` is empty where the remote does not tell it."""

    house: str
    project: str


def here(config: Config, folder: Path | None = None) -> Here | None:
    """None: the folder has no such remote, so whatever was chosen is meant."""
    place = (folder or Path.cwd()).absolute()
    if not any((above / ".git").exists() for above in (place, *place.parents)):
        return None
    try:
        url = ask_git("-C", str(place), "remote", "get-url", REMOTE)
    except NotFound:
        return None
    return meant_by(url, config) if url else None


def meant_by(url: str, config: Config) -> Here | None:
    words = url.removesuffix("/").removesuffix(".git")
    for house in config.houses:
        if words.startswith(f"{house}/"):
            return Here(house, words.removeprefix(f"{house}/"))
    parts = urlsplit(words if "://" in words else f"ssh://{words.replace(':', '/', 1)}")
    project = "/".join(parts.path.strip("/").split("/")[-2:])
    if "/" not in project or not parts.hostname:
        return None
    if parts.scheme in ("http", "https"):
        return Here(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", project)
    same = [house for house in config.houses if urlsplit(house).hostname == parts.hostname]
    return Here(same[0] if len(same) == 1 else "", project)


def client_here(folder: Path) -> tuple[Client, str] | None:
    """The house that a folder's remote names, if we are signed in there, and where the project is in its API."""
    config = read_config()
    found = here(config, folder)
    key = config.houses.get(found.house) if found is not None else None
    if found is None or key is None or not key.token:
        return None
    owner, _, name = found.project.partition("/")
    return Client(key.url, key.token), f"/projects/{part(owner)}/{part(name)}"


def key_for(house: str | None, environment: Mapping[str, str] = os.environ) -> HouseKey:
    """Said by name, else by the environment, else by the folder, else chosen."""
    config = read_config(environment)
    if house is None and not environment.get("DURE_HOUSE"):
        found = here(config)
        house = found.house or None if found is not None else None
    return config.find(house)


def project_meant(environment: Mapping[str, str] = os.environ) -> str:
    config = read_config(environment)
    found = None if environment.get("DURE_PROJECT") else here(config)
    return config.project if found is None else found.project
