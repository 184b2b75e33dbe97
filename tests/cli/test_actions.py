"""`dure actions`: a folder is packed by whatever Python runs it, and the same files give the same bytes."""

import tarfile
from pathlib import Path

from dure.cli.actions import pack


def test_a_folder_is_packed_without_its_history(tmp_path: Path) -> None:
    folder = tmp_path / "action"
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (folder / "dist").mkdir()
    (folder / "action.yml").write_text("runs: {using: node24, main: dist/index.js}\n")
    (folder / "dist" / "index.js").write_text("console.log(1)\n")

    pack(folder, tmp_path / "one.tar.gz")
    pack(folder, tmp_path / "two.tar.gz")

    with tarfile.open(tmp_path / "one.tar.gz") as archive:
        assert sorted(archive.getnames()) == ["action.yml", "dist", "dist/index.js"]
    assert (tmp_path / "one.tar.gz").read_bytes() == (tmp_path / "two.tar.gz").read_bytes()
