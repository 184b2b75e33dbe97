"""Boxes: containers that a job runs in or beside, where podman is installed.

Podman is called as whoever the job runs as, never as root, so that the root of a container is the job's own user and
nobody else. Each job has one network: its services and its container reach each other by their names.

In: what a workflow says of containers. Out: programs that run in them, addresses of services. Asks: podman.
"""

from dure.runner.box.boxes import Boxes
from dure.runner.box.guest import NUMBER, Guest
from dure.runner.box.podman import NoPodman, Podman, podman_for, sweep_up
from dure.runner.box.spec import BoxRefused, Spec, spec_of

__all__ = ["NUMBER", "BoxRefused", "Boxes", "Guest", "NoPodman", "Podman", "Spec", "podman_for", "spec_of", "sweep_up"]
