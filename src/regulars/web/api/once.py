"""Carries out a write once per Idempotency-Key, for writes that are no events."""

from collections.abc import Awaitable, Callable
from hashlib import blake2b
from typing import Any

import msgspec

from regulars.intake.facade import Mark
from regulars.platform.database import Connection
from regulars.web.api.decoding import read_json
from regulars.web.api.operation import Call, Reply

REPLAYED = "Idempotency-Replayed"
_encode = msgspec.json.Encoder().encode

Work = Callable[[Connection | None], Awaitable[Any]]


async def once(call: Call, operation: str, work: Work, *, status: int = 200) -> Reply:
    """Do `work` and remember its answer, or give the remembered one.

    `work` is given the connection of the claim's transaction, to write in it where its room can:
    then a crash leaves both or neither. Its answer must hold no secret and nothing personal.
    """
    if not call.idempotency_key:
        return Reply(await work(None), status)
    services = call.services
    async with (
        services.claims_at_once,
        services.requests.claimed(
            call.program_id,
            call.idempotency_key,
            request_digest(call, operation),
            now=services.clock.now(),
        ) as claim,
    ):
        if claim.stored is not None:
            return Reply(claim.stored.answer, claim.stored.status, headers={REPLAYED: "true"})
        answer = _encode(await work(claim.connection))
        await claim.keep(status, answer)
    return Reply(answer, status)


async def mark_request(call: Call, operation: str) -> Mark:
    """Tie an Idempotency-Key to the request's body, for a request whose items have identities of
    their own: repeating it finds their stored answers, so none is kept here. `settle_mark` when it
    is known what became of the request."""
    digest = request_digest(call, operation)
    now = call.services.clock.now()
    async with call.services.claims_at_once:
        return await call.services.requests.mark(
            call.program_id, call.idempotency_key, digest, now=now
        )


async def settle_mark(call: Call, operation: str, mark: Mark, *, is_answered: bool) -> None:
    """Tie the key for good to a request of which something got a stored answer. Free it again of
    one that came to nothing: it may be mended and sent again."""
    requests, key = call.services.requests, call.idempotency_key
    if is_answered and mark != "kept":
        await requests.confirm(call.program_id, key, request_digest(call, operation))
    elif not is_answered and mark == "new":
        await requests.release(call.program_id, key, request_digest(call, operation))


def request_digest(call: Call, operation: str) -> bytes:
    """What makes two requests the same: operation, address, and what the body says, however its
    JSON is written. Keyed BLAKE2b (RFC 7693), as a body may hold an e-mail address. Nothing that
    this release fills in goes into it: a request is the same before and after an upgrade."""
    address = "\0".join([operation, *(f"{k}={v}" for k, v in sorted(call.path.items()))])
    body = call.body_bytes
    if body:
        body = msgspec.json.encode(read_json(body), order="deterministic")
    key = call.services.members.digest_key
    return blake2b(address.encode() + b"\0" + body, digest_size=32, key=key).digest()
