"""A release laid out: once, whole, for reading only; and nothing that a hostile tar may try."""

import gzip
import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from dure.deploy.engines import unpacking
from dure.deploy.engines.process import Processes
from dure.deploy.platform import PlatformRefused
from tests.deploy.engines.ground import digest_of, release_of, sample, tar_of


def tar_with(*members: tarfile.TarInfo) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for member in members:
            tar.addfile(member, io.BytesIO(b"x" * member.size))
    return packed.getvalue()


def member(
    name: str, kind: bytes = tarfile.REGTYPE, link: str = "", mode: int = 0o644, size: int = 0
) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.mode, made.size = kind, link, mode, size
    return made


def test_a_release_is_laid_out_once(platform: Processes) -> None:
    tar = sample()
    place = release_of(platform, tar)

    untouched = iter([b"not read"])
    assert platform.prepare("sha256:" + digest_of(tar), untouched) == place
    assert next(untouched) == b"not read"
    assert (place / "static" / "hello.txt").read_text() == "hello"
    assert (place / "app.py").stat().st_mode & 0o777 == 0o444
    assert (place / "static").stat().st_mode & 0o777 == 0o555


def test_a_packed_tar_will_do(platform: Processes) -> None:
    assert (release_of(platform, gzip.compress(sample())) / "app.py").exists()


def test_rights_to_run_stay_and_no_others(platform: Processes) -> None:
    place = release_of(
        platform, tar_with(member("run", mode=0o4755, size=3), member("open", mode=0o666, size=3), member("./bin/x"))
    )

    assert (place / "run").stat().st_mode & 0o7777 == 0o555
    assert (place / "open").stat().st_mode & 0o7777 == 0o444
    assert (place / "bin" / "x").exists()


def test_of_what_is_said_twice_the_last_counts(platform: Processes) -> None:
    place = release_of(platform, tar_with(member("file", size=2), member("file", size=3), member("d", tarfile.DIRTYPE)))

    assert (place / "file").read_text() == "xxx"
    assert (place / "d").is_dir()


def test_links_within_it_are_kept(platform: Processes) -> None:
    place = release_of(
        platform,
        tar_with(
            member("a/file", size=5),
            member("b/link", tarfile.SYMTYPE, "../a/file"),
            member("same", tarfile.LNKTYPE, "a/file"),
        ),
    )

    assert (place / "b" / "link").read_text() == (place / "same").read_text() == "xxxxx"


@pytest.mark.parametrize(
    "members",
    [
        [member("../out")],
        [member("a/../../out")],
        [member("/etc/out")],
        [member("link", tarfile.SYMTYPE, "/etc")],
        [member("link", tarfile.SYMTYPE, "..")],
        [member("a/link", tarfile.SYMTYPE, "../../x")],
        [member("link", tarfile.SYMTYPE, "a"), member("link/file", size=1)],
        [member("link", tarfile.SYMTYPE, "a"), member("link", size=1)],
        [member("link", tarfile.SYMTYPE, "a"), member("hard", tarfile.LNKTYPE, "link")],
        [member("link", tarfile.SYMTYPE, "a"), member("hard", tarfile.LNKTYPE, "link/file")],
        [member("a/b/c", tarfile.SYMTYPE, "../.."), member("link", tarfile.SYMTYPE, "a/b/c/..")],
        [member("link", tarfile.SYMTYPE, "a/b/c/../.."), member("a/b/c", tarfile.SYMTYPE, "../..")],
        [member("hard", tarfile.LNKTYPE, "../../shim")],
        [member("hard", tarfile.LNKTYPE, "nowhere")],
        [member("file", size=1), member("file", tarfile.DIRTYPE)],
        [member("file", size=1), member("file/below", size=1)],
        [member("device", tarfile.CHRTYPE)],
        [member("pipe", tarfile.FIFOTYPE)],
        [member("a" * 5000)],
    ],
    ids=lambda members: ",".join(f"{each.name[:12]}>{each.linkname}" for each in members),
)
def test_what_no_release_may_hold_is_refused(
    platform: Processes, workshop: Path, members: list[tarfile.TarInfo]
) -> None:
    with pytest.raises(PlatformRefused):
        release_of(platform, tar_with(*members))

    assert list((workshop / "deploy" / "releases").iterdir()) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: b"not a tar at all" * 100,
        lambda tar: gzip.compress(tar)[:-200],
        lambda _: b"",
    ],
    ids=["words", "cut", "nothing"],
)
def test_what_is_no_tar_is_refused(platform: Processes, workshop: Path, spoil: Callable[[bytes], bytes]) -> None:
    with pytest.raises(PlatformRefused):
        release_of(platform, spoil(tar_of({"a": os.urandom(4000)})))

    assert list((workshop / "deploy" / "releases").iterdir()) == []


def test_what_is_not_its_digest_is_refused(platform: Processes) -> None:
    with pytest.raises(PlatformRefused, match="digest"):
        platform.prepare("0" * 64, [sample()])
    with pytest.raises(PlatformRefused, match="digest"):
        platform.prepare("../../etc", [sample()])


def test_there_is_a_limit(platform: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "BYTES_MAX", 100_000)
    with pytest.raises(PlatformRefused, match="too large"):
        release_of(platform, tar_of({"a": b"x" * 200_000}))
    with pytest.raises(PlatformRefused, match="too large"):
        release_of(platform, gzip.compress(tar_of({"a": b"x" * 200_000})))
    monkeypatch.setattr(unpacking, "ENTRIES_MAX", 3)
    with pytest.raises(PlatformRefused, match="too large"):
        release_of(platform, tar_of(dict.fromkeys("abcd", b"")))
