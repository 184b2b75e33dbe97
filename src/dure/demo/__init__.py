"""Demo: once round the loop with a sample shop, seen and measured from the outside like any other user would.

In: nothing. Out: a story on the terminal, or its measurements as JSON.
Asks: a house of its own, over HTTP and by git.
"""

from dure.demo.command import demo
from dure.demo.house import DemoHouse, free_address, house_for
from dure.demo.shop import BAD, GOOD, Shop
from dure.demo.story import Measured, Story
from dure.demo.visible import Sight, until
from dure.demo.visitors import Seen, Visitors

__all__ = [
    "BAD",
    "GOOD",
    "DemoHouse",
    "Measured",
    "Seen",
    "Shop",
    "Sight",
    "Story",
    "Visitors",
    "demo",
    "free_address",
    "house_for",
    "until",
]
