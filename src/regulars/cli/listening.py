"""One listening socket per worker process, on one port.

Workers that accept from one shared socket do not share the work: whichever wakes first takes every
connection that waits, and 48 connections kept alive then sit in one process while the other idles.
With SO_REUSEPORT each worker has a queue of its own and the kernel deals the connections out. The
supervising process holds the port and never listens.
"""

import socket
from collections.abc import Callable
from typing import Any


class PortShare(socket.socket):
    """A bound socket that arrives in another process as a new one bound to the same port.

    uvicorn hands its sockets to every worker that it starts, at first or in place of a dead one, by
    pickling them: this one opens the worker's own instead of passing on a copy of itself.
    """

    def __init__(self, family: socket.AddressFamily, host: str, port: int) -> None:
        super().__init__(family, socket.SOCK_STREAM)
        self._opened_as = (family, host, port)
        self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            self.bind((host, port))
        except OSError:
            self.close()
            raise

    def __reduce_ex__(self, protocol: Any) -> tuple[Callable[..., "PortShare"], tuple[Any, ...]]:
        return PortShare, self._opened_as
