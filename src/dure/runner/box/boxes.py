"""The containers of one job: its services, the one that its steps run in, and those that are actions."""

import os
import shlex
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dure.kit import say, start
from dure.runner.box.guest import Guest, bury_keepers
from dure.runner.box.podman import (
    BUILT,
    PULL_SECONDS_MAX,
    Podman,
    PodmanFailed,
    create_argv,
    sign_in_file,
    variables_file,
)
from dure.runner.box.spec import NAME, BoxRefused, Spec
from dure.runner.sandbox import View
from dure.workflow import Value

HEALTHY_SECONDS_MAX = 300.0
LOOK_SECONDS = 0.1
STATE = "{{.State.Status}} {{.State.ExitCode}}"
KILL_SECONDS_MAX = 10.0
TUN = "/dev/net/tun"
OURS = frozenset(("PATH", "HOME", "LANG", "TERM", "HOSTNAME"))
"""Variables that an image says better than we do. The search path is put before its own."""
WRAPPED = 'echo $$ > "$1"; . "$2"; shift 2; exec "$@"'


@dataclass
class Boxes:
    """`open` before the first step, `close` after the last. Whoever is killed in between is swept up after."""

    podman: Podman
    job: str
    """What podman calls this job's containers by."""
    room: Path
    seen: str
    """Where the job sees it."""
    desk: Path
    """A directory of ours that podman can read and the job cannot see."""
    view: View
    tell: Callable[[str], None]
    hand: Callable[[str, bytes], None]
    """Puts a file where the job finds it and cannot lead us elsewhere: by name, under `/job/commands`."""
    meanwhile: Callable[[Callable[[], object]], object]
    """Does what takes long while the job stays awake for a cancel."""
    network: list[str] = field(default_factory=list)
    lender: str = ""
    """The container whose network all others share."""
    step_box: str = ""
    known: dict[str, Value] = field(default_factory=dict)
    """The contexts job.container and job.services."""
    files: int = 0

    def prepare(self) -> None:
        self.desk.mkdir(mode=0o700, exist_ok=True)
        if self.podman.as_user is not None:
            os.chown(self.desk, self.view.user.uid, self.view.user.gid)

    def open(self, container: Spec | None, services: Mapping[str, Spec]) -> None:
        """All of them, the services first. They reach each other, and the job reaches them, by their names."""
        self.network = self.first_network(services)
        for name, spec in services.items():
            self.fetch(spec)
            self.begin(f"{self.job}-{name}", spec, keep_alive=False)
        if container is not None:
            self.fetch(container)
            self.step_box = self.begin(f"{self.job}-job", container, keep_alive=True)
            self.known["container"] = {"id": self.step_box, "network": self.lender}
        told: dict[str, Value] = {}
        for name, spec in services.items():
            self.await_health(f"{self.job}-{name}", spec)
            told[name] = {"id": f"{self.job}-{name}", "network": self.lender, "ports": self.ports(spec)}
        self.known["services"] = told

    def first_network(self, services: Mapping[str, Spec]) -> list[str]:
        """A network of their own where this machine lets users have one, else the machine's."""
        if not os.access(TUN, os.R_OK | os.W_OK) and not is_open_to_all(TUN):
            self.tell(f"##[warning]{TUN} is not open to users here: containers share this machine's network.")
            return ["--network", "host"]
        words = ["--network", "slirp4netns"]
        for name in services:
            words += ["--add-host", f"{name}:127.0.0.1"]
        for host, inside in dict.fromkeys(port for spec in services.values() for port in spec.ports):
            words += ["--publish", f"127.0.0.1:{host}:{inside}"]
        return words

    def fetch(self, spec: Spec) -> None:
        """The image, if it is not here."""
        if self.podman.ask("image", "exists", spec.image).well:
            return
        self.tell(f"Fetching the image {spec.image}")
        words = ["pull", "--quiet"]
        if spec.user or spec.password:
            words += ["--authfile", str(self.put("sign_in", sign_in_file(spec)))]
        pull = [*words, spec.image]
        self.meanwhile(lambda: self.podman.do(*pull, timeout_seconds=PULL_SECONDS_MAX))

    def begin(self, name: str, spec: Spec, *, keep_alive: bool) -> str:
        argv = create_argv(
            spec,
            name=name,
            job=self.job,
            network=self.network,
            room=(self.room, self.seen) if keep_alive else None,
            variables=self.put("env", variables_file(spec.env)) if spec.env else None,
            keep_alive=keep_alive,
        )
        self.meanwhile(lambda: self.podman.do(*argv))
        if not self.lender and "slirp4netns" in self.network:
            # The first one has the network, the names and the ports of all; the others come into it.
            self.lender, self.network = name, ["--network", f"container:{name}"]
        return name

    def await_health(self, name: str, spec: Spec) -> None:
        """Podman asks for health by systemd's timers, which are not everywhere; so we ask ourselves."""
        if not spec.has_health:
            return
        give_up_at = time.monotonic() + HEALTHY_SECONDS_MAX
        self.tell(f"Waiting for {name.removeprefix(self.job).lstrip('-')} to be healthy")

        def wait() -> None:
            while not self.podman.ask("healthcheck", "run", name).well:
                if time.monotonic() > give_up_at:
                    said = self.podman.ask("logs", "--tail", "20", name)
                    raise BoxRefused(
                        say("The service {name} did not become healthy: {said}", name=name, said=said.err or said.out)
                    )
                time.sleep(LOOK_SECONDS)

        self.meanwhile(wait)

    def ports(self, spec: Spec) -> dict[str, Value]:
        """Where each port of a service is on this machine."""
        if not self.lender:
            return {inside.split("/")[0]: inside.split("/")[0] for _, inside in spec.ports}
        found: dict[str, Value] = {}
        for _, inside in spec.ports:
            said = self.podman.do("port", self.lender, inside)
            found[inside.split("/")[0]] = said.splitlines()[0].rpartition(":")[2]
        return found

    def run(self, words: Sequence[str], environment: Mapping[str, str], directory: str) -> Guest:
        """One program of a step, in the step's container."""
        self.files += 1
        pid, variables = f"box_pid_{self.files}", f"box_variables_{self.files}"
        self.hand(pid, b"")
        self.hand(variables, sourced(environment, f"{self.seen}/home").encode("utf-8", "surrogateescape"))
        commands = f"{self.seen}/commands"
        shell = ["/bin/sh", "-c", WRAPPED, "sh", f"{commands}/{pid}", f"{commands}/{variables}", *words]
        box = self.step_box

        def reach(number: int) -> None:
            script = f"kill -{number} $(cat {shlex.quote(commands)}/{pid})"
            self.podman.ask("exec", box, "/bin/sh", "-c", script, timeout_seconds=KILL_SECONDS_MAX)

        return self.started(["exec", "--workdir", directory, box, *shell], reach)

    def act(self, spec: Spec, environment: Mapping[str, str]) -> Guest:
        """An action that is a container: it runs once, and is gone."""
        self.files += 1
        name = f"{self.job}-action-{self.files}"
        kept = {key: value for key, value in environment.items() if key not in OURS and not set(key) & set("=\n")}
        argv = create_argv(
            spec,
            name=name,
            job=self.job,
            network=self.network or ["--network", "host"],
            room=(self.room, self.seen),
            variables=self.put("env", variables_file({**spec.env, **kept})),
        )
        # Not in the foreground: podman may wait for ever for one that ends before it has looked.
        self.meanwhile(lambda: self.podman.do(*argv))

        def reach(number: int) -> None:
            self.podman.ask("kill", "--signal", str(number), name, timeout_seconds=KILL_SECONDS_MAX)

        def ended(_code: int) -> int:
            """Podman's own word for waiting can wait for ever for one whose keeper nobody has buried."""
            while True:
                bury_keepers()
                state, _, last = self.podman.do("inspect", "--format", STATE, name).partition(" ")
                if state not in ("running", "created", "initialized", "stopping"):
                    return int(last)
                time.sleep(LOOK_SECONDS)

        return self.started(["logs", "--follow", name], reach, ended)

    def build(self, folder: str, file: str) -> str:
        """An image from an action's Dockerfile. The folder is one that podman can read."""
        name = f"{BUILT}{self.job}-{self.files}"
        self.files += 1
        words = ["build", "--quiet", "--tag", name, "--file", file, folder]
        self.meanwhile(lambda: self.podman.do(*words, timeout_seconds=PULL_SECONDS_MAX))
        return name

    def started(
        self, words: Sequence[str], reach: Callable[[int], None], ended: Callable[[int], int] = lambda code: code
    ) -> Guest:
        output, into = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(output, False)
        try:
            process: subprocess.Popen[bytes] = start(
                [self.podman.program, *words],
                into,
                environment=self.podman.environment(),
                user=self.podman.as_user,
            )
        finally:
            os.close(into)
        return Guest(process, output, self.view, reach, ended)

    def put(self, what: str, words: str) -> Path:
        """A file that podman reads and nobody else."""
        self.files += 1
        path = self.desk / f"{what}_{self.files}"
        write_owned(path, words, self.view, self.podman.as_user)
        return path

    def close(self) -> None:
        try:
            self.podman.sweep(self.job)
        except PodmanFailed as failure:
            self.tell(f"##[warning]{failure.text}")


def write_owned(path: Path, words: str, view: View, user: int | None) -> None:
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    with open(handle, "w", encoding="utf-8") as file:
        if user is not None:
            os.fchown(handle, view.user.uid, view.user.gid)
        file.write(words)


def sourced(environment: Mapping[str, str], home: str) -> str:
    """The variables as a shell of the container reads them. Its own search path stays behind what steps put before."""
    lines = [
        f"export {name}={shlex.quote(value)}"
        for name, value in environment.items()
        if name not in OURS and NAME.fullmatch(name)
    ]
    first = environment.get("PATH", "")
    if first:
        lines.append(f'export PATH={shlex.quote(first)}:"$PATH"')
    return "\n".join([f"export HOME={shlex.quote(home)}", *lines]) + "\n"


def is_open_to_all(path: str) -> bool:
    try:
        return os.stat(path).st_mode & 0o006 == 0o006
    except OSError:
        return False
