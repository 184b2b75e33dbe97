"""The containers of a job: made before its first step, gone after its last."""

from dataclasses import replace
from pathlib import Path

import msgspec

from dure.runner.box import Boxes, Spec, podman_for, spec_of
from dure.runner.job.desk import Desk
from dure.wire import ContainerOrder
from dure.workflow import Value, resolve


def open_containers(desk: Desk) -> None:
    """Nothing where the job asks for none."""
    order = desk.scope.order
    if order.container is None and not order.services:
        return
    container = None if order.container is None else specified(desk, order.container, "container")
    found = {name: specified(desk, said, f"services.{name}") for name, said in order.services.items()}
    services = {name: spec for name, spec in found.items() if spec is not None}
    if container is None and not services:
        return
    desk.log.tell("##[group]Containers")
    boxes_of(desk).open(container, services)
    desk.scope.boxes = boxes_of(desk).known
    desk.log.tell("##[endgroup]")


def close_containers(desk: Desk) -> None:
    if desk.boxes is not None:
        desk.boxes.close()


def boxes_of(desk: Desk) -> Boxes:
    """The job's, made when somebody first needs them."""
    if desk.boxes is None:
        place = desk.place.path
        folder = place / "box"
        view = replace(desk.cell.view, room=place / "room")
        podman = podman_for(workshop_of(place), view.user, desk.scope.order.project)
        name = f"dure-{place.name}"
        hand = desk.commands.put
        desk.boxes = Boxes(podman, name, view.room, desk.cell.room, folder, view, desk.log.tell, hand, desk.meanwhile)
        desk.boxes.prepare()
    return desk.boxes


def workshop_of(place: Path) -> Path:
    return place.parents[1]


def specified(desk: Desk, said: ContainerOrder | str, label: str) -> Spec | None:
    """With its expressions worked out."""
    if isinstance(said, str):
        return spec_of(worked_out(desk, said), label)
    told: dict[str, Value] = {key: worked_out(desk, value) for key, value in msgspec.to_builtins(said).items()}
    told |= {"env": dict(desk.scope.texts(said.env)), "credentials": dict(desk.scope.texts(said.credentials))}
    return spec_of(told, label)


def worked_out(desk: Desk, value: Value) -> Value:
    return resolve(value, desk.scope.contexts(), desk.scope.functions())
