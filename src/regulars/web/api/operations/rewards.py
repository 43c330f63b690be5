"""What there is only so much of: stock of rewards, and pools of voucher codes."""

from typing import Annotated

from msgspec import Meta, Struct

from regulars.platform.database import Connection
from regulars.rewards.contracts import Level
from regulars.web.api.errors import not_found
from regulars.web.api.once import once
from regulars.web.api.operation import BATCH_BYTES_MAX, Call, Operation, Reply
from regulars.web.api.problems import ApiProblem

CODES_MAX = 10_000
_STOCK = "stock/"


class StockWire(Struct, frozen=True, forbid_unknown_fields=True):
    """How much there is in all, used and reserved pieces included."""

    total: Annotated[int, Meta(ge=0, le=1_000_000_000)]


class CodesWire(Struct, frozen=True, forbid_unknown_fields=True):
    """Voucher codes: 4 to 64 printable characters without blanks each."""

    codes: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=200)]],
        Meta(min_length=1, max_length=CODES_MAX),
    ]


class StockAnswer(Struct, frozen=True):
    """The stock of a reward; `used` counts what is reserved too."""

    reward: str
    total: int
    used: int
    left: int


class StocksAnswer(Struct, frozen=True):
    """The stock of every reward that has a total."""

    stock: list[StockAnswer]


class PoolAnswer(Struct, frozen=True):
    """Codes of a pool: free, claimed, or withdrawn (shown and then refunded)."""

    pool: str
    free: int
    claimed: int
    withdrawn: int


class PoolsAnswer(Struct, frozen=True):
    """Every voucher pool."""

    pools: list[PoolAnswer]


class CodesAnswer(Struct, frozen=True):
    """How many were added; `duplicates` are positions of codes that were there already."""

    added: int
    duplicates: list[int]


async def list_stock(call: Call) -> StocksAnswer:
    """The stock of every reward."""
    levels = await call.services.rewards.levels(call.program_id)
    named = [level for level in levels.values() if level.name.startswith(_STOCK)]
    return StocksAnswer([_stock(level) for level in sorted(named, key=lambda one: one.name)])


async def set_stock(call: Call) -> Reply:
    """Set the total of a reward's stock."""
    reward = call.path["reward"]
    if reward not in call.services.program(call.program_id).rewards:
        raise not_found("reward")

    async def work(connection: Connection | None) -> StockAnswer:
        level = await call.services.rewards.set_total(
            call.program_id, _STOCK + reward, call.body.total, connection=connection
        )
        return _stock(level)

    return await once(call, "set_stock", work)


async def list_pools(call: Call) -> PoolsAnswer:
    """Every voucher pool."""
    levels = await call.services.rewards.pool_levels(call.program_id)
    return PoolsAnswer(
        [
            PoolAnswer(level.pool, level.free, level.claimed, level.withdrawn)
            for _, level in sorted(levels.items())
        ]
    )


async def add_codes(call: Call) -> Reply:
    """Put codes into a pool, which comes into being with its first code."""
    pool = call.path["pool"]
    if len(pool) > 120 or not pool.isprintable() or not pool.isascii():
        raise ApiProblem("not_found", "this cannot be the name of a pool")

    async def work(connection: Connection | None) -> CodesAnswer:
        added = await call.services.rewards.add_codes(
            call.program_id, pool, call.body.codes, connection=connection
        )
        return CodesAnswer(added.added, list(added.duplicates))

    return await once(call, "add_codes", work)


def _stock(level: Level) -> StockAnswer:
    return StockAnswer(level.name.removeprefix(_STOCK), level.total, level.used, level.left)


OPERATIONS = (
    Operation(
        id="list_stock",
        method="GET",
        path="/v1/stock",
        tag="rewards",
        summary="The stock of every reward that has a total",
        handler=list_stock,
        scope="programs:read",
        answer=StocksAnswer,
    ),
    Operation(
        id="set_stock",
        method="PUT",
        path="/v1/stock/{reward}",
        tag="rewards",
        summary="Set the total of a reward's stock",
        handler=set_stock,
        scope="rewards:write",
        body=StockWire,
        answer=StockAnswer,
        idempotency="optional",
        problems=("total_below_used", "no_program_version"),
    ),
    Operation(
        id="list_voucher_pools",
        method="GET",
        path="/v1/voucher-pools",
        tag="rewards",
        summary="Every voucher pool and how many codes it holds",
        handler=list_pools,
        scope="programs:read",
        answer=PoolsAnswer,
    ),
    Operation(
        id="add_voucher_codes",
        method="POST",
        path="/v1/voucher-pools/{pool}/codes",
        tag="rewards",
        summary="Put voucher codes into a pool",
        handler=add_codes,
        scope="rewards:write",
        body=CodesWire,
        body_bytes_max=BATCH_BYTES_MAX,
        answer=CodesAnswer,
        idempotency="optional",
        problems=("invalid_code",),
    ),
)
