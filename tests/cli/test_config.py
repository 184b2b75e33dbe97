"""The file with the houses you are signed in to."""

import stat
from pathlib import Path

import pytest

from dure.cli.config import Config, HouseKey, read_config
from dure.cli.remote import Here, meant_by
from dure.kit import Refused, Unauthenticated

NEAR, FAR = "http://127.0.0.1:8400", "https://dure.example"


def test_nobody_is_signed_in_at_first(tmp_path: Path) -> None:
    with pytest.raises(Unauthenticated, match="dure login"):
        read_config({"HOME": str(tmp_path)}).find(None)


def test_several_houses_and_the_one_that_is_meant(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path)}
    config = read_config(environment)
    config.add(HouseKey(FAR, 'to"ken\\', "ada"))
    config.add(HouseKey(NEAR, "near", "ada"))
    config.project = "ada/shop"
    config.save()
    assert stat.S_IMODE(config.path.stat().st_mode) == 0o600

    found = read_config(environment)
    assert found.find(None).url == NEAR
    assert found.find("dure.example").token == 'to"ken\\'
    assert found.project == "ada/shop"
    with pytest.raises(Unauthenticated):
        found.find("http")
    found.forget(NEAR)
    assert found.find(None).url == FAR


def test_the_environment_goes_first(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "DURE_HOUSE": "dure.example", "DURE_TOKEN": "t", "DURE_PROJECT": "a/b"}
    config = read_config(environment)
    assert (config.find(None).url, config.find(None).token) == ("http://dure.example", "t")
    assert config.project == "a/b"


def test_a_broken_file_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    for content in ("houses = 3", "][", "[houses]\nx = 3"):
        path.write_text(content)
        with pytest.raises(Refused, match="sign in again"):
            read_config({"DURE_CONFIG": str(path)})


def test_a_token_is_never_in_a_repr() -> None:
    assert "secret" not in repr(HouseKey(FAR, "secret", "ada"))


def test_where_a_remote_leads() -> None:
    houses = {url: HouseKey(url, "t") for url in ("http://dure.example:8400", "https://x.example/dure")}
    config = Config(Path("unused"), houses=houses)

    assert meant_by("http://dure.example:8400/ada/shop.git", config) == Here("http://dure.example:8400", "ada/shop")
    assert meant_by("https://x.example/dure/ada/shop", config) == Here("https://x.example/dure", "ada/shop")
    assert meant_by("https://ada:t@other.example/ada/shop.git", config) == Here("https://other.example", "ada/shop")
    assert meant_by("ssh://git@dure.example:2222/ada/shop.git", config) == Here("http://dure.example:8400", "ada/shop")
    assert meant_by("git@unknown.example:ada/shop.git", config) == Here("", "ada/shop")
    assert meant_by("/srv/git/shop.git", config) is None
