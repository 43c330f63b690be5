"""The rooms that the API's operations call, as one value; made by the application's lifespan."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from regulars.core.compiled import Program
from regulars.core.document import DocumentInvalid, load_document
from regulars.intake.facade import Intake, RequestClaims
from regulars.members.facade import Members
from regulars.platform.clock import Clock
from regulars.platform.database import Connection, Pool, retry_transaction
from regulars.platform.settings import Settings
from regulars.programs.contracts import Publication
from regulars.programs.facade import ApiKeys, ProgramCache, Programs
from regulars.rewards.facade import Rewards
from regulars.web.api.authentication import Callers
from regulars.web.api.limits import KeyLimits
from regulars.web.api.problems import ApiProblem
from regulars.web.api.wire.reading import Terms, terms_of

CLAIMS_AT_ONCE_MAX = 2
"""A claim holds one connection while its work may need another: more at once could take every
connection of the pool and wait for each other."""


@dataclass
class Services:
    """Everything below the transport. One per process."""

    settings: Settings
    clock: Clock
    pool: Pool
    cache: ProgramCache
    programs: Programs
    api_keys: ApiKeys
    members: Members
    rewards: Rewards
    intake: Intake
    requests: RequestClaims
    callers: Callers
    limits: KeyLimits
    metrics_token: str = ""
    claims_at_once: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(CLAIMS_AT_ONCE_MAX)
    )
    _terms: dict[tuple[int, int], Terms] = field(default_factory=dict)

    def program(self, program_id: int) -> Program:
        """The version in force now. Raises ApiProblem where there is none yet."""
        found = self.cache.in_force(program_id, self.clock.now())
        if found is None:
            raise ApiProblem(
                "no_program_version",
                "no version of the program is in force yet",
                next_step="Publish a version, or wait until one is in force.",
            )
        return found

    def terms(self, program_id: int, at: int = 0) -> Terms:
        """How the version in force reads what callers send: now, or at an instant, if one was in
        force then."""
        program = self.cache.in_force(program_id, at) if at else None
        return self._terms_of(program_id, program or self.program(program_id))

    def terms_of_version(self, program_id: int, version: int) -> Terms:
        """How a published version reads what callers send."""
        return self._terms_of(program_id, self.cache.versions(program_id)[version])

    def _terms_of(self, program_id: int, program: Program) -> Terms:
        key = (program_id, program.version)
        terms = self._terms.get(key)
        if terms is None:
            terms = self._terms[key] = terms_of(program_id, program)
        return terms

    async def publish(
        self,
        program_id: int,
        text: str,
        *,
        actor: str,
        effective_from: int | None,
        connection: Connection | None = None,
    ) -> Publication:
        """Publish a version and set the stock of its rewards as it says, or neither. A caller with
        a transaction of its own refreshes the cache when it has committed."""
        # Read before the publication's lock is taken, which keeps all writes of the program away.
        totals = await asyncio.to_thread(_stock_totals, text)

        async def work(joined: Connection) -> Publication:
            published = await self.programs.publish(
                program_id, text, actor=actor, effective_from=effective_from, connection=joined
            )
            if totals and published.created:
                await self.rewards.declare(program_id, totals, connection=joined)
            return published

        if connection is not None:
            return await work(connection)
        published = await retry_transaction(self.pool, work)
        await self.cache.refresh(program_id)
        return published

    def decimals(self, program_id: int) -> Mapping[str, int]:
        """Decimals of the program's point currencies; they never change once published."""
        return self.terms(program_id).points


def _stock_totals(text: str) -> dict[str, int]:
    """Counter and total of each reward of which there is only so much; none where the document
    cannot be published, which publishing it says."""
    try:
        rewards = load_document(text).rewards
    except DocumentInvalid:
        return {}
    return {
        f"stock/{reward.id}": reward.limits.total
        for reward in rewards
        if reward.limits.total is not None
    }
