"""R: what this machine's PostgreSQL does with the least that a ledger could do per event.

pgbench, on the same server with the same durability: one transaction inserts one ledger row and
updates one of 100,000 balance rows, 32 clients, prepared. It is what the published ratios are of.
"""

import re
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg

CLIENTS = 32
THREADS = 2
BALANCES = 100_000
DATABASE = "reference"

_SCRIPT = f"""\
\\set id random(1, {BALANCES})
\\set amount random(1, 1000)
BEGIN;
INSERT INTO journal (account_id, amount, recorded_at) VALUES (:id, :amount, now());
UPDATE balance SET amount = amount + :amount WHERE account_id = :id;
COMMIT;
"""

_TABLES = f"""\
CREATE TABLE journal (
    journal_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL,
    amount bigint NOT NULL,
    recorded_at timestamptz NOT NULL
);
CREATE TABLE balance (account_id bigint PRIMARY KEY, amount bigint NOT NULL) WITH (fillfactor = 80);
INSERT INTO balance SELECT number, 0 FROM generate_series(1, {BALANCES}) AS number;
"""
_TPS = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)
_FAILED = re.compile(r"number of failed transactions: ([0-9]+)")


class Reference:
    """R on one server. Makes its own database at first use."""

    def __init__(self, server_url: str, programs: Path) -> None:
        """`server_url` is the owner's URL of any database of the server, over its socket."""
        self._parts = urlsplit(server_url)
        self._programs = programs
        self._ready = False

    def prepare(self) -> None:
        """Make the reference tables afresh."""
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {DATABASE}".encode())
            connection.execute(f"CREATE DATABASE {DATABASE}".encode())
        with psycopg.connect(self._url(DATABASE), autocommit=True) as connection:
            connection.execute(_TABLES.encode())
            connection.execute(b"VACUUM ANALYZE")
        self._ready = True

    def measure(self, seconds: float) -> float:
        """Transactions per second of one run."""
        if not self._ready:
            self.prepare()
        query = parse_qs(self._parts.query)
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
            script.write(_SCRIPT)
            script.flush()
            done = subprocess.run(
                [
                    self._programs / "pgbench",
                    "--no-vacuum",
                    f"--file={script.name}",
                    "--protocol=prepared",
                    f"--client={CLIENTS}",
                    f"--jobs={THREADS}",
                    f"--time={max(1, round(seconds))}",
                    f"--host={query['host'][0]}",
                    f"--port={query['port'][0]}",
                    f"--username={self._parts.username}",
                    DATABASE,
                ],
                capture_output=True,
                text=True,
                check=False,
            )
        if done.returncode != 0:
            raise RuntimeError(f"pgbench: {done.stderr[-1000:]}")
        failed = _FAILED.search(done.stdout)
        assert failed is None or failed[1] == "0", done.stdout
        found = _TPS.search(done.stdout)
        assert found is not None, done.stdout
        return float(found[1])

    def _url(self, database: str) -> str:
        return self._parts._replace(path=f"/{database}").geturl()
