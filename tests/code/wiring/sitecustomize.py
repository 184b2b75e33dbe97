"""For a `dure up` with this folder on its path: see tests/code/wired.py."""

import sys

if "up" in sys.orig_argv:
    from tests.code.wired import wire

    wire()
