"""What a container shall be, read strictly: what would lead out of it is refused in words."""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dure.kit import Refused, say
from dure.workflow import Value, text_of

IMAGE = re.compile(
    r"(?=.{1,500}\Z)([A-Za-z0-9][\w.-]*(:\d{1,5})?/)?[a-z0-9][\w.-]*(/[\w.-]+)*(:[\w.-]+)?(@sha256:[0-9a-f]{64})?",
    re.ASCII,
)
PLACES = re.compile(r"(containers-storage|dir|docker(-archive|-daemon)?|oci(-archive)?|ostree|sif|tarball):.*")
"""How podman is told to take an image from somewhere on its own machine."""
PORT = re.compile(r"(?:(?P<host>\d{1,5}):)?(?P<inside>\d{1,5})(?:/(?P<kind>tcp|udp))?", re.ASCII)
VOLUME = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]{0,100}):(?P<place>/[^:]*)(?::(?P<how>ro|rw))?", re.ASCII)
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
PORT_MAX = 65_535
KEYS = frozenset(("image", "env", "credentials", "ports", "volumes", "options", "entrypoint", "command"))
ALLOWED = frozenset(
    (
        *("--cpus", "--cpu-shares", "--memory", "-m", "--memory-swap", "--memory-reservation", "--shm-size"),
        *("--health-cmd", "--health-interval", "--health-retries", "--health-timeout", "--health-start-period"),
        *("--no-healthcheck", "--hostname", "-h", "--user", "-u", "--workdir", "-w", "--tmpfs", "--ulimit"),
        *("--pids-limit", "--stop-signal", "--stop-timeout", "--read-only", "--label", "-l", "--sysctl"),
        *("--entrypoint", "--name", "--init", "--platform", "--add-host", "--dns"),
    )
)
"""Options that give a container nothing of this machine."""
FLAGS = frozenset(("--no-healthcheck", "--read-only", "--init"))
DROPPED = frozenset(("--name", "--hostname", "-h"))
"""Taken, and without effect: names are ours."""
LABELS = frozenset(("--label", "-l"))
OURS = "dure."
"""What our own labels begin with."""


class BoxRefused(Refused):
    """This container is not made; the sentence says why."""


@dataclass(frozen=True)
class Spec:
    image: str
    env: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    password: str = ""
    ports: Sequence[tuple[str, str]] = ()
    """Each as the port of this machine, which may be empty, and the port inside with its kind: 5432/tcp."""
    volumes: Sequence[str] = ()
    options: Sequence[str] = ()
    entrypoint: Sequence[str] = ()
    command: Sequence[str] = ()

    @property
    def has_health(self) -> bool:
        return any(option.startswith("--health-cmd") for option in self.options)


def spec_of(said: Value, label: str) -> Spec | None:
    """From what the file says, its expressions worked out. None: it comes to nothing, so there is no container."""
    if isinstance(said, str) or said is None:
        said = {"image": said or ""}
    if not isinstance(said, dict):
        raise BoxRefused(say("{what} must come to an image or to a mapping.", what=label))
    for key in said:
        if key not in KEYS:
            raise BoxRefused(say("{what}: the key `{key}` is unknown.", what=label, key=key[:100]))
    image = text_of(said.get("image")).removeprefix("docker://").strip()
    if not image:
        return None
    if not IMAGE.fullmatch(image) or PLACES.fullmatch(image):
        raise BoxRefused(say("{what}: {image} is no name of an image.", what=label, image=image[:200]))
    credentials = mapping(said.get("credentials"))
    return Spec(
        image=image,
        env={name: value for name, value in mapping(said.get("env")).items() if NAME.fullmatch(name)},
        user=credentials.get("username", ""),
        password=credentials.get("password", ""),
        ports=[port(words, label) for words in listed(said.get("ports"))],
        volumes=[volume(words, label) for words in listed(said.get("volumes"))],
        options=options(text_of(said.get("options")), label),
        entrypoint=words_in(text_of(said.get("entrypoint")), label),
        command=words_in(text_of(said.get("command")), label),
    )


def mapping(said: Value) -> dict[str, str]:
    return {name: text_of(value) for name, value in said.items()} if isinstance(said, dict) else {}


def listed(said: Value) -> list[str]:
    if said is None or said == "":
        return []
    return [text_of(item) for item in said] if isinstance(said, list) else [text_of(said)]


def port(words: str, label: str) -> tuple[str, str]:
    found = PORT.fullmatch(words.strip())
    if found is None or any(int(number) > PORT_MAX for number in (found["host"], found["inside"]) if number):
        raise BoxRefused(say("{what}: {port} is no port. Write 5432, or 15432:5432.", what=label, port=words[:50]))
    return found["host"] or "", f"{found['inside']}/{found['kind'] or 'tcp'}"


def volume(words: str, label: str) -> str:
    """Only volumes with a name, and those of this job alone: a directory of this machine is not for jobs."""
    found = VOLUME.fullmatch(words.strip())
    if found is None:
        raise BoxRefused(
            say("{what}: {volume} is not mounted. Write name:/place for a volume.", what=label, volume=words[:200])
        )
    return words.strip()


def options(words: str, label: str) -> list[str]:
    found: list[str] = []
    rest = iter(words_in(words, label))
    for word in rest:
        name, equals, value = word.partition("=")
        if name not in ALLOWED:
            raise BoxRefused(say("{what}: the option {name} is not allowed here.", what=label, name=name[:100]))
        if name not in FLAGS and not equals:
            value = next(rest, "")
        if name not in DROPPED and not (name in LABELS and value.startswith(OURS)):
            found.append(name if name in FLAGS else long_form(name, value))
    return found


def long_form(name: str, value: str) -> str:
    names = {"-m": "--memory", "-u": "--user", "-w": "--workdir", "-l": "--label"}
    return f"{names.get(name, name)}={value}"


def words_in(words: str, label: str) -> list[str]:
    try:
        return shlex.split(words)
    except ValueError as error:
        raise BoxRefused(say("{what}: {words} has a quote without an end.", what=label, words=words[:200])) from error
