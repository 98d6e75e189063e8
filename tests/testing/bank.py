"""A bank whose jobs do what bodies do: fail, wait, submit, await each other."""

from __future__ import annotations

import asyncio

from beltline import Beltline, Context, Fail, Retry, Snooze, SyncContext


class Bank:
    """Jobs, and what they did: `entries` by job, `log` in order."""

    def __init__(self) -> None:
        self.belt = Beltline()
        self.entries: dict[str, int] = {}
        self.log: list[str] = []
        job = self.belt.job(retry=Retry(max_attempts=3, backoff="fixed", base="10m"))
        self.deposit = job(self.do_deposit)
        self.careless = self.belt.job(self.do_careless)
        self.payday = self.belt.job(self.do_payday)
        self.audited = self.belt.job(self.do_audited)
        self.counted = self.belt.job(self.do_counted)
        self.patient = self.belt.job(retry=Retry(max_attempts=1))(self.do_patient)
        self.restless = self.belt.job(self.do_restless)
        self.fragile = self.belt.job(self.do_fragile)
        self.saved = self.belt.job(self.do_saved)

    @property
    def balance(self) -> int:
        return sum(self.entries.values())

    async def do_deposit(self, ctx: Context, amount: int, note: str = "") -> int:
        self.log.append(f"deposit {amount}{note}")
        if amount < 0:
            raise ValueError("no money")
        ctx.log.info("deposited", amount=amount)
        self.entries[ctx.job_id] = amount
        await asyncio.sleep(0)
        return self.balance

    async def do_careless(self, amount: int) -> None:
        self.entries[f"entry-{len(self.entries)}"] = amount
        try:
            await asyncio.sleep(0)
        finally:
            self.log.append("cleaned up")

    async def do_payday(self, people: int) -> None:
        for number in range(people):
            await self.deposit.options(queue="money").submit(amount=100, note=f" {number}")

    async def do_audited(self, amount: int) -> int:
        job = await self.deposit.submit(amount=amount)
        return 2 * await job.result()

    def do_counted(self, amount: int) -> int:
        return self.deposit.submit_sync(amount=amount).result_sync()

    async def do_patient(self) -> int:
        job = await self.deposit.options(delay="1h").submit(amount=1)
        return await job.result()

    async def do_restless(self) -> Snooze:
        return Snooze("0s")

    async def do_fragile(self, ctx: Context) -> Fail | None:
        return Fail("it ran before") if ctx.run > 1 else None

    def do_saved(self, ctx: SyncContext, amount: int) -> int:
        def save() -> int:
            self.entries[ctx.job_id] = amount
            return self.balance

        before = ctx.step("count", lambda: self.balance)
        return ctx.step("save", save) - before
