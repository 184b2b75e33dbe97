"""The places to go, of all rooms together."""

from collections import Counter

from dure.app import PLACES

HOME = "h"
"""The key of the front page, which every page has without being a place."""


def test_each_place_has_a_key_of_its_own() -> None:
    keys = Counter([HOME, *(place.key for place in PLACES if place.key)])
    assert [key for key, times in keys.items() if times > 1] == []
    assert all(key.isascii() and key.isalpha() and key.islower() for key in keys)


def test_every_place_of_a_project_names_the_project_and_can_be_reached_by_key() -> None:
    for place in PLACES:
        if place.within in {"project", "more"}:
            assert place.url.startswith("/{project}"), place.name
            assert place.key, place.name
