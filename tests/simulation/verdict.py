"""What must hold once everything has come to rest."""

from __future__ import annotations

import json
from collections import Counter
from typing import Final

from beltline.core.audit import GENESIS, chain_hash
from beltline.core.job import Job
from beltline.core.states import FINAL, JobState
from tests.simulation.witness import Violation
from tests.simulation.world import NAMESPACE, World

_LATEST: Final = 1 << 62


def judge(world: World) -> None:
    """Raise Violation, naming the first rule that does not hold."""
    jobs = {job.id: job for job in world.all_jobs()}
    _require(jobs == world.witness.jobs, "the store holds other jobs than were seen being written")
    _judge_submits(world, jobs)
    for job in jobs.values():
        _judge_job(world, job)
    world.witness.steps.compare(world.read(lambda store: store.steps.load(NAMESPACE, sorted(jobs))))
    world.witness.agree()
    _judge_tallies(world)
    _judge_audit(world)
    left = world.read(lambda store: store.reads.unsettled(NAMESPACE, None, world.clock.now()))
    _require(left == 0, f"{left} jobs are unsettled")


def _judge_submits(world: World, jobs: dict[str, Job]) -> None:
    known = jobs.keys() | world.witness.pruned.keys()
    missing = world.acknowledged - known
    _require(not missing, f"acknowledged, but lost: {sorted(missing)}")
    strange = known - world.attempted.keys()
    _require(not strange, f"nobody submitted {sorted(strange)}")
    for key, ids in world.keys.items():
        _require(len(ids) == 1, f"the key {key} means {sorted(ids)}")
    with_key = Counter((job.definition, job.idempotency_key) for job in jobs.values() if job.idempotency_key)
    _require(all(count == 1 for count in with_key.values()), f"keys of several jobs: {with_key}")


def _judge_job(world: World, job: Job) -> None:
    _require(job.state in FINAL, f"{job.id} is {job.state} ({job.reason}) at the end")
    _require(job.finished_at is not None, f"{job.id} is final without a finish")
    claims = world.witness.claims[job.id]
    _require(job.runs == claims, f"{job.id} ran {job.runs} times, was claimed {claims} times")
    attempts = world.read(lambda store: store.reads.attempts(NAMESPACE, job.id))
    _require([attempt.run for attempt in attempts] == list(range(1, claims + 1)), f"{job.id}: {attempts}")
    for attempt in attempts:
        complete = attempt.session and attempt.finished_at is not None and attempt.outcome
        _require(bool(complete), f"{job.id}: {attempt} is not complete")
    if job.state is JobState.SUCCEEDED:
        result = json.loads(job.result or b"{}")
        _require(result == {"fence": job.fence}, f"{job.id}/{job.fence} holds the result {result}")


def _judge_tallies(world: World) -> None:
    counted: Counter[tuple[str, str, str]] = Counter()
    for row in world.read(lambda store: store.upkeep.tallies(NAMESPACE, 0, _LATEST)):
        counted[row.definition, row.queue, row.event] += row.jobs
    seen = world.witness.events
    _require(counted == seen, f"the roll-up differs: {counted - seen} too many, {seen - counted} missing")


def _judge_audit(world: World) -> None:
    before = GENESIS
    for row in world.read(lambda store: store.audit.page(NAMESPACE)):
        fields = (row.actor, row.action, row.target, row.reason, row.before, row.after)
        _require(row.prev_hash == before, f"audit entry {row.seq} does not follow the one before")
        before = chain_hash(before, NAMESPACE, row.seq, row.at, fields)
        _require(row.hash == before, f"audit entry {row.seq} was altered")


def _require(kept: bool, what: str) -> None:
    if not kept:
        raise Violation(what)
