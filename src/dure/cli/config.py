"""Which houses you are signed in to, and the token for each: one small file that only you may read."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dure.kit import Refused, Unauthenticated, say

FILE = "config.toml"


@dataclass(frozen=True)
class HouseKey:
    """One house, and how to come in."""

    url: str
    token: str = field(default="", repr=False)
    handle: str = ""


@dataclass
class Config:
    """The houses by address, and which of them is meant when none is said."""

    path: Path
    chosen: str = ""
    project: str = ""
    houses: dict[str, HouseKey] = field(default_factory=dict)

    def find(self, wanted: str | None) -> HouseKey:
        """The house that is meant: by its address, or by a part of it that fits only one."""
        if wanted is None:
            if self.chosen not in self.houses:
                raise Unauthenticated(say("You are not signed in. Sign in with: dure login URL"))
            return self.houses[self.chosen]
        fitting = [url for url in self.houses if url == tidy_url(wanted)] or [
            url for url in self.houses if wanted in url
        ]
        if len(fitting) != 1:
            raise Unauthenticated(
                say("You are not signed in to {house}. Sign in with: dure login {house}", house=wanted)
            )
        return self.houses[fitting[0]]

    def add(self, key: HouseKey) -> None:
        self.houses[key.url] = key
        self.chosen = key.url

    def forget(self, url: str) -> None:
        self.houses.pop(url, None)
        if self.chosen == url:
            self.chosen = next(iter(self.houses), "")

    def save(self) -> None:
        """Written anew in one step, readable by its owner alone from the first byte."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self.path.with_name(f".{self.path.name}.new")
        fresh.unlink(missing_ok=True)
        file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "w") as out:
            out.write(as_toml(self))
        fresh.replace(self.path)


def config_path(environment: Mapping[str, str] = os.environ) -> Path:
    base = environment.get("XDG_CONFIG_HOME") or str(Path(environment.get("HOME") or Path.home()) / ".config")
    return Path(environment.get("DURE_CONFIG") or Path(base) / "dure" / FILE)


def read_config(environment: Mapping[str, str] = os.environ) -> Config:
    """What the file says; `DURE_HOUSE` with `DURE_TOKEN` go before it, for programs."""
    path = config_path(environment)
    try:
        config = from_toml(path)
    except (ValueError, TypeError, AttributeError) as error:
        raise Refused(say("{file} cannot be read. Remove it and sign in again.", file=path)) from error
    house, token = environment.get("DURE_HOUSE"), environment.get("DURE_TOKEN")
    if house and token:
        url = tidy_url(house)
        config.houses[url], config.chosen = HouseKey(url, token), url
    elif house:
        config.chosen = config.find(house).url
    elif token and config.chosen:
        config.houses[config.chosen] = HouseKey(config.chosen, token)
    config.project = environment.get("DURE_PROJECT") or config.project
    return config


def from_toml(path: Path) -> Config:
    if not path.exists():
        return Config(path)
    import tomllib  # noqa: PLC0415 - whoever has never signed in does not pay for it

    found = tomllib.loads(path.read_text())
    houses = {
        str(url): HouseKey(str(url), str(words.get("token", "")), str(words.get("handle", "")))
        for url, words in found.get("houses", {}).items()
    }
    return Config(path, str(found.get("chosen", "")), str(found.get("project", "")), houses)


def as_toml(config: Config) -> str:
    """JSON's strings are TOML's strings, so the standard library can write what it can only read."""
    lines = [f"chosen = {json.dumps(config.chosen)}", f"project = {json.dumps(config.project)}"]
    for key in config.houses.values():
        lines += [
            "",
            f"[houses.{json.dumps(key.url)}]",
            f"handle = {json.dumps(key.handle)}",
            f"token = {json.dumps(key.token)}",
        ]
    return "\n".join([*lines, ""])


def tidy_url(word: str) -> str:
    """The address of a house as we write it down."""
    url = word if "://" in word else f"http://{word}"
    return url.rstrip("/")
