"""`needs:`: every need is a job of this workflow, and no job waits for itself in the end."""

from collections.abc import Mapping

from dure.kit import say
from dure.workflow.document import YamlMap, YamlScalar
from dure.workflow.grammar import Notes
from dure.workflow.reading.fields import fields, items

RULE = "job-needs"


def check_needs(notes: Notes, jobs: YamlMap) -> None:
    """As GitHub does: what can never begin is named, each need of it that is never met."""
    needs = {name.words.lower(): items(fields(job).get("needs")) for name, job in jobs.pairs}
    if all(needs.values()):
        notes.mistake(jobs, say("The workflow must contain at least one job with no dependencies."), RULE)
        return
    met = beginning(needs)
    for name, _ in jobs.pairs:
        for need in needs[name.words.lower()] if name.words.lower() not in met else ():
            if need.words.lower() in met:
                continue
            if need.words.lower() in needs:
                said = say(
                    "Job '{job}' depends on job '{needed}' which creates a cycle in the dependency graph.",
                    job=name.words,
                    needed=need.words,
                )
            else:
                said = say("Job '{job}' depends on unknown job '{needed}'.", job=name.words, needed=need.words)
            notes.mistake(need, said, RULE)


def beginning(needs: Mapping[str, list[YamlScalar]]) -> set[str]:
    """The jobs that begin at some time, when each that can has begun."""
    left = {name: {need.words.lower() for need in waits} for name, waits in needs.items()}
    waiting: dict[str, list[str]] = {}
    for name, waits in left.items():
        for need in waits:
            waiting.setdefault(need, []).append(name)
    free = [name for name, waits in left.items() if not waits]
    met: set[str] = set()
    while free:
        done = free.pop()
        met.add(done)
        for name in waiting.get(done, ()):
            left[name].discard(done)
            if not left[name]:
                free.append(name)
    return met
