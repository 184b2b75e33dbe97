"""Compiled templates are kept from one start to the next, and nothing that happens to their files costs a page."""

from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from dure.shell.frame import CompiledPages


def drawn(folder: Path) -> str:
    made = Environment(loader=DictLoader({"page": "hello {{ name }}"}), bytecode_cache=CompiledPages(folder))  # noqa: S701
    return made.get_template("page").render(name="ada")


@pytest.mark.parametrize("harm", [b"", b"\x00" * 4096, b"not what Jinja wrote"])
def test_a_spoilt_file_is_written_anew(tmp_path: Path, harm: bytes) -> None:
    folder = tmp_path / "compiled"
    assert drawn(folder) == "hello ada"
    (kept,) = folder.iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(harm)
    assert drawn(folder) == "hello ada"
    assert kept.read_bytes() == whole


def test_half_a_file_is_written_anew(tmp_path: Path) -> None:
    assert drawn(tmp_path) == "hello ada"
    (kept,) = tmp_path.iterdir()
    whole = kept.read_bytes()
    for length in range(0, len(whole), 7):
        kept.write_bytes(whole[:length])
        assert drawn(tmp_path) == "hello ada"


def test_pages_are_drawn_where_nothing_can_be_kept(tmp_path: Path) -> None:
    in_the_way = tmp_path / "compiled"
    in_the_way.write_text("a file")
    assert drawn(in_the_way) == "hello ada"
