"""Where supervisors come from: a process that has everything loaded and nothing else to do forks one for each job.

The runner itself has threads and may be replaced at any time; this process has neither. It ends when its runner does;
the supervisors it made go on.
"""

import gc
import logging
import os
import signal
import socket
import struct
import sys

import msgspec

from dure.runner.counter import forward, serving
from dure.runner.job import Errand, supervise
from dure.runner.sandbox import adopt

LENGTH = struct.Struct("<Q")
SOCKET = 0
LOADED = (forward, serving)
"""What jobs load only when they need it: here it is there for all of them."""


def send(errand: Errand, there: socket.socket) -> None:
    data = msgspec.json.encode(errand, enc_hook=str)
    there.sendall(LENGTH.pack(len(data)) + data)


def main() -> None:
    logging.basicConfig(format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # What is loaded stays; a child that never looks through it shares its memory with us.
    gc.collect()
    gc.freeze()
    here = socket.socket(fileno=SOCKET)
    while errand := receive(here):
        if os.fork() == 0:
            here.close()
            begin(errand)


def receive(here: socket.socket) -> Errand | None:
    size = exactly(here, LENGTH.size)
    if not size:
        return None
    data = exactly(here, LENGTH.unpack(size)[0])
    return msgspec.json.decode(data, type=Errand, dec_hook=lambda kind, value: kind(value)) if data else None


def exactly(here: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        piece = here.recv(min(size - len(data), 1 << 20))
        if not piece:
            return b""
        data += piece
    return bytes(data)


def begin(errand: Errand) -> None:
    """In the child: a session of its own, so that nothing sent to the runner's group reaches the job."""
    code = 1
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        adopt()
        supervise(errand)
        code = 0
    except BaseException:
        logging.getLogger(__name__).exception("a supervisor failed")
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
    sys.exit(0)
