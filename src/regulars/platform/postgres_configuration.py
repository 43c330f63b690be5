"""The settings of the embedded server, and why they are what they are.

They are written to `regulars.conf` in the data folder at each start. An operator's own wishes go
into ALTER SYSTEM, which PostgreSQL reads after it. Durability is on, as in PostgreSQL itself: a
decision that was answered survives a loss of power. Off is for tests, which nobody will miss.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

CONNECTIONS_MAX = 50
_MEGABYTE = 1024 * 1024
_SHARED_BUFFERS_MB = (128, 4096)
_CGROUP_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)

_CONFIGURATION = """\
# Written anew at each start. Change settings with ALTER SYSTEM, which wins over this file.
listen_addresses = '{listen}'
port = {port}
unix_socket_directories = '{socket}'
unix_socket_permissions = 0700
max_connections = {connections}
shared_buffers = {shared_buffers_mb}MB
fsync = {durable}
synchronous_commit = {durable}
full_page_writes = {durable}
wal_compression = {wal_compression}
wal_level = replica
max_wal_size = {wal_mb_max}MB
# Files of the log that are kept to be written over: to make one takes tens of milliseconds, during
# which nobody is answered.
min_wal_size = 512MB
checkpoint_timeout = 15min
checkpoint_completion_target = 0.9
jit = off
timezone = UTC
log_timezone = UTC
logging_collector = on
log_directory = '{log}'
log_filename = 'postgresql-%a.log'
log_truncate_on_rotation = on
log_rotation_age = 1d
log_rotation_size = 0
# Values of statements may be personal; codes and messages are enough to find a fault.
log_min_error_statement = panic
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_error_verbosity = terse
"""


def server_configuration(
    *,
    port: int,
    tcp: bool,
    socket_folder: Path,
    log_folder: Path,
    shared_buffers_mb: int,
    lz4: bool,
    durable: bool,
) -> str:
    """The text of `regulars.conf`. Without `tcp`, the port only names the socket's file."""
    return _CONFIGURATION.format(
        listen="127.0.0.1" if tcp else "",
        port=port,
        socket=_quoted(socket_folder),
        log=_quoted(log_folder),
        connections=CONNECTIONS_MAX,
        shared_buffers_mb=shared_buffers_mb,
        durable="on" if durable else "off",
        # Without lz4 there is only pglz, which costs more time than it saves here.
        wal_compression="lz4" if lz4 else "off",
        wal_mb_max=4096 if durable else 1024,
    )


def fitting_shared_buffers_mb(limits: Sequence[Path] = _CGROUP_LIMITS) -> int:
    """An eighth of the memory that this machine or container has, from 128 MB to 4 GB.

    Half of what PostgreSQL's manual recommends for a machine of its own: the server, its workers
    and the page cache live here too.
    """
    have = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for file in limits:
        with suppress(OSError, ValueError):  # no such kind of container, or "max"
            have = min(have, int(file.read_text()))
    least, most = _SHARED_BUFFERS_MB
    return max(least, min(most, have // _MEGABYTE // 8))


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
