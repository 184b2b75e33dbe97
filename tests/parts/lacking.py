"""A part that a test needs and this machine lacks: PostgreSQL, Chromium, a font."""

import os
from typing import NoReturn

import pytest


def lacking(sentence: str) -> NoReturn:
    """Skips the test and says why; fails it where every part is promised, so that no machine of ours skips unseen."""
    if os.environ.get("DURE_TESTS_NEED_ALL") == "1":
        pytest.fail(f"{sentence} (DURE_TESTS_NEED_ALL=1 promises every part.)", pytrace=False)
    pytest.skip(sentence)
