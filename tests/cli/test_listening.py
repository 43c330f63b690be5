"""Workers share a port and not a queue."""

import pickle
import socket
from multiprocessing.reduction import ForkingPickler

import pytest

from regulars.cli.listening import PortShare

LOCAL = (socket.AF_INET, "127.0.0.1")


def test_every_worker_gets_a_queue_of_its_own_on_the_same_port():
    with PortShare(*LOCAL, 0) as first:
        port = first.getsockname()[1]
        with PortShare(*LOCAL, port) as held:
            first.close()
            with _as_in_a_worker(held) as one, _as_in_a_worker(held) as other:
                assert {one.getsockname(), other.getsockname()} == {("127.0.0.1", port)}
                one.listen()
                other.listen()
                one.setblocking(False)
                other.setblocking(False)
                callers = [socket.create_connection(("127.0.0.1", port)) for _ in range(64)]
                dealt = (_accepted(one), _accepted(other))
                for caller in callers:
                    caller.close()
    assert sum(dealt) == 64, "the socket that only holds the port takes nobody"
    assert min(dealt) > 0


def test_a_port_that_somebody_listens_on_is_taken():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(OSError, match="in use"):
            PortShare(*LOCAL, other.getsockname()[1])


def _as_in_a_worker(held: PortShare) -> PortShare:
    copy = pickle.loads(ForkingPickler.dumps(held))
    assert copy.fileno() != held.fileno()
    return copy


def _accepted(listening: socket.socket) -> int:
    count = 0
    while True:
        try:
            listening.accept()[0].close()
        except BlockingIOError:
            return count
        count += 1
