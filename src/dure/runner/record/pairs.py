"""The files by which a step hands on values: `name=value` on a line, or `name<<END`, lines, and `END`."""

from collections.abc import Iterator

from dure.kit import Refused, say


class PairsBroken(Refused):
    """The file cannot be read as names and values."""


def read_pairs(text: str, file: str) -> list[tuple[str, str]]:
    """Names and values in their order, to the letter: a carriage return before the end of a line is part of it."""
    lines = iter(text.split("\n"))
    pairs = []
    for line in lines:
        if not line:
            continue
        equals, heredoc = line.find("="), line.find("<<")
        if heredoc > 0 and not 0 <= equals < heredoc:
            name, end = line[:heredoc], line[heredoc + 2 :]
            if not end:
                raise PairsBroken(say("{file}: {name}<< does not say which line ends the value.", file=file, name=name))
            pairs.append((named(name, file, line), "\n".join(until(lines, end, file))))
        else:
            name, _, value = line.partition("=")
            pairs.append((named(name if equals >= 0 else "", file, line), value))
    return pairs


def named(name: str, file: str, line: str) -> str:
    if not name.strip():
        raise PairsBroken(
            say("{file} has a line that is neither name=value nor name<<END: {line}", file=file, line=line[:100])
        )
    return name


def until(lines: Iterator[str], end: str, file: str) -> Iterator[str]:
    for line in lines:
        if line == end:
            return
        yield line
    raise PairsBroken(say("{file}: the line {end} that ends a value is missing.", file=file, end=repr(end[:100])))
