"""Watching a rollout: each second what came is told to the judges, and what they say decides how it goes on."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from dure.deploy.appfile import ServiceFile
from dure.deploy.deployment import (
    PROMOTING,
    ROLLING,
    ROLLING_BACK,
    Deployment,
    VerdictGiven,
    facts_of,
    pause,
    record,
    send_back,
    take_step,
)
from dure.deploy.environment import Environment, hosts_of, locked_environment
from dure.deploy.instance import Placed, instances_of
from dure.deploy.judge import Evidence, Judge, Rules, Tick, Verdict, open_judge
from dure.deploy.platform import Seen
from dure.deploy.rollout.ground import Ground
from dure.deploy.traffic import Counts, Latency
from dure.deploy.verdict import Point
from dure.kit import Text, keep, now, say
from dure.ledger import Move, Turn, Work
from dure.plan import project_of

TICK_SECONDS = 1.0
FINE_POINTS = 180
"""So many seconds are kept one by one; of a rollout that takes longer, one in ten."""
COARSE = 10
QUIET_STEPS = 3
"""A service that nobody asks for anything passes after this many times its step, by its readiness alone."""
DOUBT_PART = 0.05
"""Evidence beyond this part of what rolls back is a doubt, which time alone does not take away."""


class Watch(msgspec.Struct):
    """What is remembered from one second to the next."""

    at: float = 0.0
    judges: dict[str, Judge] = {}
    counts: dict[str, Counts] = {}
    restarts: dict[str, int] = {}
    said: dict[str, str] = {}
    ticks: int = 0


@dataclass(frozen=True)
class Known:
    """What the tables know of a rollout."""

    hosts: Mapping[str, str]
    control: Deployment | None
    placed: tuple[Placed, ...]


@dataclass(frozen=True)
class Finding:
    """What is said of one service in this second."""

    service: str
    verdict: Verdict


def known_of(work: Work, row: Deployment) -> Known:
    place = work.session.get_one(Environment, row.environment_id)
    control = work.session.get(Deployment, row.control_id) if row.control_id is not None else None
    stands = [row.stand_id, *([control.stand_id] if control is not None else [])]
    hosts = hosts_of(row.app_file, place, project_of(work, row.project_id))
    return Known(hosts, control, tuple(instances_of(work, stands)))


def watch(ground: Ground, turn: Turn[Deployment]) -> Move[Deployment]:
    """One second of a rollout."""
    row = turn.row
    known = turn.read(lambda work: known_of(work, row))
    if not ground.route(turn.hands):
        return Move(row.phase, TICK_SECONDS)
    memory = msgspec.json.decode(row.watched, type=Watch) if row.watched else Watch()
    findings = judge_all(ground, row, known, memory)
    word = together(findings)
    if word == "roll_back":
        return Move(ROLLING_BACK, write=Told(memory, findings, word).roll_back)
    if word == "hold":
        return Move(row.phase, TICK_SECONDS, Told(memory, findings, word).stay)
    last = next_weight(row) == 100
    for judge in memory.judges.values():
        judge.next_step()
    return Move(PROMOTING if last else row.phase, write=Told(memory, findings, word).go_on)


def together(findings: list[Finding]) -> str:
    words = {finding.verdict.word for finding in findings}
    return "roll_back" if "roll_back" in words else "hold" if "hold" in words else "go"


def next_weight(row: Deployment) -> int:
    steps = row.app_file.rollout.steps
    return steps[row.step + 1] if row.step + 1 < len(steps) else 100


def judge_all(ground: Ground, row: Deployment, known: Known, memory: Watch) -> list[Finding]:
    at = now().timestamp()
    seconds = max(0.0, min(at - memory.at, 3600.0)) if memory.at else 0.0
    counts = {f"{host} {version}": count for (host, version), count in ground.traffic.counters().items()}
    seen = {each.key: each for each in ground.platform.all()}
    findings = []
    for service in row.app_file.services:
        tick = tick_of(service, row, known, memory, counts, seen, seconds)
        judge = memory.judges.get(service.name)
        if judge is None:
            judge = memory.judges[service.name] = open_judge(
                rules_of(row, service), baseline(row, known, service, counts)
            )
        verdict = judge.observe(tick)
        findings.append(Finding(service.name, softened(row, known, service, judge, verdict)))
    memory.at, memory.counts, memory.ticks = at, counts, memory.ticks + 1
    memory.restarts = {key: one.restarts for key, one in seen.items() if key in {each.key for each in known.placed}}
    return findings


def rules_of(row: Deployment, service: ServiceFile) -> Rules:
    rule = row.app_file.rollout_of(service)
    return Rules(
        alpha=rule.alpha,
        tolerance=rule.tolerance,
        min_seconds=row.app_file.rollout.step_seconds,
        enough_requests=rule.enough_requests,
    )


def baseline(row: Deployment, known: Known, service: ServiceFile, counts: Mapping[str, Counts]) -> Latency:
    """What was usual for the version before, until now."""
    if known.control is None or row.phase == ROLLING:
        return ()
    before = counts.get(f"{known.hosts.get(service.name)} {known.control.version_key}")
    return before.latency if before is not None else ()


def tick_of(
    service: ServiceFile,
    row: Deployment,
    known: Known,
    memory: Watch,
    counts: Mapping[str, Counts],
    seen: Mapping[str, Seen],
    seconds: float,
) -> Tick:
    """What happened since the last second that was written down, also when the house was away in between."""
    host = known.hosts.get(service.name, "")
    control = known.control.version_key if known.control is not None and row.phase != ROLLING else ""

    def added(version: str) -> Counts:
        key = f"{host} {version}"
        # In the first second the counts are only remembered: what came before belongs to no step.
        if key not in counts or not memory.at:
            return Counts()
        return counts[key].since(memory.counts.get(key))

    def crashes(stand_id: int) -> int:
        mine = [each.key for each in known.placed if each.deployment_id == stand_id and each.service == service.name]
        return sum(max(0, seen[key].restarts - memory.restarts.get(key, 0)) for key in mine if key in seen)

    mine = [each.key for each in known.placed if each.deployment_id == row.stand_id and each.service == service.name]
    return Tick(
        seconds=seconds,
        control=added(control),
        canary=added(row.version_key),
        control_crashes=crashes(known.control.stand_id) if control and known.control is not None else 0,
        canary_crashes=crashes(row.stand_id),
        crash_loop=any(seen[key].state == "failed" for key in mine if key in seen),
    )


def softened(row: Deployment, known: Known, service: ServiceFile, judge: Judge, verdict: Verdict) -> Verdict:
    """A service that takes no requests, a rollout without a judge, and one that nobody visits pass by time."""
    if verdict.word != "hold" or verdict.evidence.step_seconds < judge.rules.min_seconds:
        return verdict
    evidence = verdict.evidence
    if not service.port:
        return Verdict("go", say("It takes no requests and has kept running."), evidence)
    if row.phase == ROLLING or not has_control(known, service):
        return Verdict("go", say("It has kept running, and not everything fails."), evidence)
    waited = evidence.step_seconds >= QUIET_STEPS * judge.rules.min_seconds
    if waited and evidence.control_requests + evidence.canary_requests == 0:
        return Verdict("go", say("Nobody came, so only its readiness could be looked at."), evidence)
    return verdict


def has_control(known: Known, service: ServiceFile) -> bool:
    return known.control is not None and any(
        each.name == service.name and each.port for each in known.control.app_file.services
    )


@dataclass(frozen=True)
class Told:
    """What is written down of one second."""

    memory: Watch
    findings: list[Finding]
    word: str

    def stay(self, work: Work, row: Deployment) -> None:
        place = work.session.get_one(Environment, row.environment_id)
        self.note(work, row, place, changed=False)

    def go_on(self, work: Work, row: Deployment) -> None:
        place = work.session.get_one(Environment, row.environment_id)
        self.note(work, row, place, changed=True)
        take_step(work, row, row.step + 1, next_weight(row))

    def roll_back(self, work: Work, row: Deployment) -> None:
        place = locked_environment(work, row.environment_id)
        self.note(work, row, place, changed=True)
        row.why = self.worst.words
        pause(work, place, row.release_id)
        send_back(work, place, row)

    @property
    def worst(self) -> Verdict:
        return max((each.verdict for each in self.findings), key=lambda each: (RANK[each.word], each.evidence.e_value))

    def opinion(self, finding: Finding) -> str:
        """What is worth an entry in the ledger: not that a step has only begun."""
        verdict = finding.verdict
        if verdict.word != "hold":
            return verdict.word
        doubt = DOUBT_PART / self.memory.judges[finding.service].rules.alpha
        return "doubt" if verdict.evidence.e_value >= doubt else "ask" if verdict.ask else ""

    def note(self, work: Work, row: Deployment, place: Environment, *, changed: bool) -> None:
        for finding in self.findings:
            verdict = finding.verdict
            before, opinion = self.memory.said.get(finding.service, ""), self.opinion(finding)
            self.memory.said[finding.service] = opinion
            if opinion not in ("", before):
                event = VerdictGiven(
                    **facts_of(row, place),
                    service=finding.service,
                    verdict=verdict.word,
                    words=verdict.words,
                    e_value=verdict.evidence.e_value,
                )
                record(work, row, place, event)
                changed = True
        if changed or self.memory.ticks <= FINE_POINTS or self.memory.ticks % COARSE == 0:
            for finding in self.findings:
                work.add(point_of(row, finding))
        row.watched = msgspec.json.encode(self.memory).decode()
        row.verdict, row.why = self.word, self.worst.words


RANK = {"go": 0, "hold": 1, "roll_back": 2}


def point_of(row: Deployment, finding: Finding) -> Point:
    evidence: Evidence = finding.verdict.evidence
    words: Text = finding.verdict.words
    return Point(
        deployment_id=row.id,
        service=finding.service,
        at=now(),
        weight=row.weight,
        requests=evidence.canary_requests,
        errors=evidence.canary_errors,
        control_requests=evidence.control_requests,
        control_errors=evidence.control_errors,
        e_value=evidence.e_value,
        risk=evidence.risk_upper,
        verdict=finding.verdict.word,
        said=keep(words),
    )


def evidence_of(row: Deployment) -> float:
    """How much speaks against it, as far as anybody judged it."""
    if not row.watched:
        return 0.0
    memory = msgspec.json.decode(row.watched, type=Watch)
    return max((judge.evidence().e_value for judge in memory.judges.values()), default=0.0)
