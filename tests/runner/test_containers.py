"""Jobs in containers, services beside them, and actions that are containers: real podman, on an image made here."""

import io
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dure.runner.box import Podman, podman_for
from dure.runner.sandbox import USER, User
from tests.parts.lacking import lacking
from tests.runner.conftest import passable_directory
from tests.runner.stand import Stand, processes, standing

PROGRAMS = ("sh", "cat", "echo", "env", "true", "false", "sleep", "mkdir", "id", "ls", "kill", "httpd", "wget", "tail")
BUSYBOX = Path("/bin/busybox")
IMAGE = "localhost/tiny:1"
CONF = """[containers]
default_ulimits=["nofile=20000:20000","nproc=32768:32768"]
[engine]
cgroup_manager="cgroupfs"
events_logger="file"
"""
SERVE = "mkdir -p /www && echo served > /www/index.html && exec httpd -f -p 8080 -h /www"


@pytest.fixture(scope="module")
def boxed() -> Iterator[Stand]:
    """A stand whose runner has one image."""
    if shutil.which("podman") is None or not BUSYBOX.exists():
        lacking("podman and busybox-static")
    with passable_directory() as directory, standing(directory) as stand:
        conf = stand.directory / "containers.conf"
        conf.write_text(CONF + ('runtime="runc"\n' if shutil.which("runc") else ""))
        stand.workshop.mkdir(mode=0o711, parents=True, exist_ok=True)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CONTAINERS_CONF", str(conf))
            podman = podman_for(stand.workshop, User(USER, USER), "acme/shop")
            make_image(podman, stand.directory / "image.tar")
            stand.start_runner("--capacity", "4")
            yield stand
            left = podman.ask("ps", "--all", "--quiet").out.split()
            podman.ask("rm", "--force", "--time", "0", *left)
            podman.ask("unshare", "rm", "-rf", str(podman.home / "storage"))


@pytest.fixture
def podman(boxed: Stand) -> Podman:
    return podman_for(boxed.workshop, User(USER, USER), "acme/shop")


def make_image(podman: Podman, file: Path) -> None:
    with tarfile.open(file, "w") as archive:
        for folder in ("bin", "tmp", "etc"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(entry)
        archive.add(BUSYBOX, "bin/busybox", recursive=False)
        for name in PROGRAMS:
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(link)
        words = b"made for tests\n"
        entry = tarfile.TarInfo("etc/tiny")
        entry.size, entry.mode = len(words), 0o644
        archive.addfile(entry, io.BytesIO(words))
    file.chmod(0o644)
    podman.do("import", "--quiet", str(file), IMAGE)


def test_steps_run_in_the_container_of_their_job(boxed: Stand) -> None:
    ended, log, _ = boxed.did(
        [
            {"run": "cat /etc/tiny; id -u; echo found=$PWD", "shell": "sh"},
            {"run": 'echo "it=$MOOD" >> "$GITHUB_OUTPUT"; echo "$LINES" > kept.txt', "shell": "sh", "id": "one"},
            {"run": "cat kept.txt; echo ${{ steps.one.outputs.it }} ${{ job.container.id != '' }}", "shell": "sh"},
        ],
        container={"image": IMAGE, "env": {"MOOD": "${{ github.job }}"}},
        env={"LINES": "one\ntwo 'quoted'"},
        outputs={"it": "${{ steps.one.outputs.it }}"},
    )

    assert ended.conclusion == "success", log
    assert ended.outputs == {"it": "build"}
    for words in ("made for tests\n0\nfound=/job/work", "one\ntwo 'quoted'", "build true"):
        assert words in log


def test_a_step_that_fails_in_a_container(boxed: Stand) -> None:
    ended, log, steps = boxed.did([{"run": "exit 3", "shell": "sh"}], container=IMAGE)

    assert (ended.conclusion, steps[0].exit_code) == ("failure", 3), log


def test_a_service_is_reached_by_its_port(boxed: Stand) -> None:
    asked = {
        "image": IMAGE,
        "ports": ["8080"],
        "entrypoint": "/bin/sh",
        "command": f"-c '{SERVE}'",
        "options": "--health-cmd 'wget -q -O /dev/null http://127.0.0.1:8080/' --health-interval 1s",
    }
    script = """python3 - <<'END'
import urllib.request
print(urllib.request.urlopen("http://127.0.0.1:${{ job.services.web.ports['8080'] }}/").read())
END"""
    ended, log, _ = boxed.did([{"run": script}], services={"web": asked})

    assert ended.conclusion == "success", log
    assert "b'served\\n'" in log


def test_a_container_reaches_a_service_by_its_name(boxed: Stand) -> None:
    asked = {"image": IMAGE, "ports": ["8080"], "entrypoint": "/bin/sh", "command": f"-c '{SERVE}'"}
    fetch = "for i in 1 2 3 4 5 6 7 8; do wget -q -O - http://web:8080/ && exit 0; sleep 1; done; exit 1"
    ended, log, _ = boxed.did([{"run": fetch, "shell": "sh"}], container=IMAGE, services={"web": asked})

    if "share this machine's network" in log:
        pytest.skip("this machine lets users have no network of their own")
    assert ended.conclusion == "success", log
    assert "served" in log


def test_an_action_that_is_an_image(boxed: Stand) -> None:
    ended, log, _ = boxed.did(
        [
            {
                "uses": f"docker://{IMAGE}",
                "with_": {"entrypoint": "/bin/cat", "args": "/etc/tiny"},
            },
            {"uses": f"docker://{IMAGE}", "with_": {"entrypoint": "/bin/env", "who-is": "ada"}},
        ]
    )

    assert ended.conclusion == "success", log
    assert "made for tests" in log
    assert "INPUT_WHO-IS=ada" in log
    assert "GITHUB_WORKSPACE=/job/work" in log


def test_an_action_with_a_dockerfile(boxed: Stand) -> None:
    # The dollar is written so that the job itself sees no expression here.
    said = "\\044{{ inputs.who }}"
    manifest = f'runs: {{using: docker, image: Dockerfile, args: ["{said}"]}}\\ninputs: {{who: {{default: ada}}}}'
    lay_out = f"""
        mkdir -p greet
        printf '{manifest}' > greet/action.yml
        printf 'FROM {IMAGE}\\nENTRYPOINT ["/bin/echo", "hello"]\\n' > greet/Dockerfile
    """
    ended, log, _ = boxed.did([{"run": lay_out}, {"uses": "./greet"}])

    assert ended.conclusion == "success", log
    assert "hello ada" in log


def test_a_dockerfile_is_no_way_out(boxed: Stand) -> None:
    """Podman sees more of the machine than the job does, and must not be led by links that the job has made."""
    outside = boxed.directory / "outside"
    outside.mkdir(mode=0o755)
    (outside / "Dockerfile").write_text(f'FROM {IMAGE}\nENTRYPOINT ["/bin/echo", "seen from inside"]\n')
    (outside / "diary").write_text("dear diary\n")
    lay_out = f"""
        mkdir -p greet
        printf 'runs: {{using: docker, image: Dockerfile}}' > greet/action.yml
        ln -s {outside}/Dockerfile greet/Dockerfile
        mkdir -p copy
        cp greet/action.yml copy/
        ln -s {outside} copy/outside
        printf 'FROM {IMAGE}\\nCOPY outside/diary /diary\\nENTRYPOINT ["/bin/cat", "/diary"]\\n' > copy/Dockerfile
    """
    steps = [{"run": lay_out}, {"uses": "./greet", "continue_on_error": "true"}, {"uses": "./copy"}]
    ended, log, _ = boxed.did(steps)

    assert ended.conclusion == "failure", log
    assert "./greet has no file Dockerfile" in log
    assert "seen from inside" not in log
    assert "dear diary" not in log


def test_a_container_is_known_by_its_job(boxed: Stand, podman: Podman) -> None:
    """Whatever it calls itself: what is not found by its label would outlive the job."""
    options = "--label dure.job=another --label=dure.job=another -l dure.job=another --label mine=1"
    ended, log, _ = boxed.did([{"run": "true", "shell": "sh"}], container={"image": IMAGE, "options": options})

    assert ended.conclusion == "success", log
    assert podman.ask("ps", "--all", "--quiet", "--filter", "label=dure.job").out.split() == []


def test_volumes_are_the_jobs_own(boxed: Stand, podman: Podman) -> None:
    """Jobs of any project may name them, so nothing is handed on by them."""
    asked = {"image": IMAGE, "volumes": ["shared:/shared"]}
    boxed.did([{"run": "echo poison > /shared/tool", "shell": "sh"}], container=asked)
    ended, log, _ = boxed.did([{"run": "ls /shared; test ! -e /shared/tool", "shell": "sh"}], container=asked)

    assert ended.conclusion == "success", log
    assert podman.do("volume", "ls", "--quiet") == ""


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"image": IMAGE, "options": "--privileged"}, "the option --privileged is not allowed"),
        ({"image": IMAGE, "options": "-v /:/host"}, "the option -v is not allowed"),
        ({"image": IMAGE, "volumes": ["/etc:/host"]}, "is not mounted"),
        ({"image": "--help"}, "is no name of an image"),
        ({"image": "docker-archive:/var/lib/image.tar"}, "is no name of an image"),
        ({"image": "dir:here"}, "is no name of an image"),
        ({"image": "localhost/there-is-none:1"}, "podman pull failed"),
    ],
)
def test_what_would_lead_out_is_refused(boxed: Stand, asked: dict[str, object], words: str) -> None:
    ended, log, _ = boxed.did([{"run": "true"}], container=asked)

    assert ended.conclusion == "failure"
    assert words in ended.why, log


def test_secrets_stand_in_no_reason(boxed: Stand) -> None:
    ended, log, _ = boxed.did(
        [{"run": "true"}], container={"image": "--${{ secrets.KEY }}"}, secrets={"KEY": "sesame-of-the-box"}
    )

    assert ended.why.startswith("container: --*** is no name of an image")
    assert "sesame" not in log


def test_secrets_stand_in_no_command(boxed: Stand) -> None:
    job = boxed.order(
        [{"run": "sleep 3", "shell": "sh", "env": {"KEY": "${{ secrets.KEY }}"}}],
        container={"image": IMAGE, "env": {"KEY": "${{ secrets.KEY }}"}},
        secrets={"KEY": "sesame-of-the-box"},
    )
    boxed.printed(job)("sleep 3")
    for _ in range(20):
        assert processes("sesame-of-the-box") == []

    assert boxed.ended(job).conclusion == "success"


def test_a_cancel_reaches_into_the_container(boxed: Stand) -> None:
    job = boxed.order([{"run": "echo begun; exec sleep 4321", "shell": "sh"}], container=IMAGE)
    boxed.printed(job)("begun")
    (job / "cancel").write_text("asked")

    assert boxed.ended(job).conclusion == "cancelled"
    boxed.until(lambda: processes("sleep 4321") == [])


def test_a_killed_job_leaves_no_container(boxed: Stand) -> None:
    job = boxed.order([{"run": "echo begun; sleep 4322", "shell": "sh"}], container=IMAGE)
    boxed.printed(job)("begun")
    lock = boxed.workshop / "jobs" / f"{boxed.jobs}-1" / "lock"
    subprocess.run(["kill", "-9", lock.read_text().split()[0]], check=True)

    assert boxed.ended(job).conclusion == "failure"
    boxed.until(lambda: processes("sleep 4322") == [])


def test_another_project_does_not_find_the_image(boxed: Stand) -> None:
    other = podman_for(boxed.workshop, User(USER, USER), "acme/other")

    assert not other.ask("image", "exists", IMAGE).well
