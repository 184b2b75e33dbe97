"""How fast secrets are hidden in a log: against plain copying, and against Python's `re` with the same needles.

Prints one line of JSON. Megabytes are 10^6 bytes; the best of three runs counts.
"""

import json
import random
import re
import time
from collections.abc import Callable

from dure.kit import Mask
from dure.kit.forms import needles

SECRETS = 100
LOG_BYTES = 32_000_000
RE_BYTES = 1_000_000  # `re` is so slow that a smaller piece is enough.
PIECE_BYTES = 65_536


def main() -> None:
    dice = random.Random(1)  # noqa: S311 - the same log every time.
    letters = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/+_-"
    secrets = [bytes(dice.choices(letters, k=40)) for _ in range(SECRETS)]
    log = make_log(dice, secrets)
    words, mask = needles(secrets), Mask(secrets)
    pattern = re.compile(b"|".join(map(re.escape, sorted(words, key=len, reverse=True))))
    print(
        json.dumps(
            {
                "bench": "mask",
                "secrets": SECRETS,
                "needles": len(words),
                "mask_mb_per_second": best(lambda: masked(log, mask), len(log)),
                "mask_by_line_mb_per_second": best(lambda: masked(log[:RE_BYTES], mask, by_line=True), RE_BYTES),
                "copy_mb_per_second": best(lambda: copied(log), len(log)),
                "re_mb_per_second": best(lambda: pattern.sub(b"***", log[:RE_BYTES]), RE_BYTES),
            }
        )
    )


def make_log(dice: random.Random, secrets: list[bytes]) -> bytes:
    """Lines as a build prints them; one in a thousand shows a secret."""
    words = [bytes(dice.choices(b"abcdefghijklmnopqrstuvwxyz/.:=", k=dice.randint(2, 11))) for _ in range(3000)]
    lines, size = [], 0
    while size < LOG_BYTES:
        line = b"2026-11-21T03:48:31.123Z " + b" ".join(dice.choices(words, k=11))
        if dice.random() < 0.001:
            line += b" token=" + dice.choice(secrets)
        lines.append(line)
        size += len(line) + 1
    return b"\n".join(lines)


def masked(log: bytes, mask: Mask, by_line: bool = False) -> int:
    size = 0
    for piece in log.splitlines(keepends=True) if by_line else pieces(log):
        size += len(mask.feed(piece))
    return size + len(mask.finish())


def copied(log: bytes) -> int:
    return len(b"".join(bytearray(piece) for piece in pieces(log)))


def pieces(log: bytes) -> list[bytes]:
    return [log[at : at + PIECE_BYTES] for at in range(0, len(log), PIECE_BYTES)]


def best(run: Callable[[], object], size: int) -> float:
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return round(size / 1e6 / min(seconds), 1)


if __name__ == "__main__":
    main()
