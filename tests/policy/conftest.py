"""The same people as in the tests of people."""

from tests.people.conftest import ada, address, ben, browser, settings

__all__ = ["ada", "address", "ben", "browser", "settings"]
