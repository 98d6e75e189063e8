"""Many payloads as many jobs of one definition: all of them or none."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Final

from beltline.client.beltline import Beltline
from beltline.core.errors import InvalidInput
from beltline.core.job import NewJob
from beltline.definitions.stored import StoredSchema
from beltline.engine.definitions import stored_definition
from beltline.engine.submit import JobOptions, accepted, insert, new_job
from beltline.engine.template import Template, stored_template, template_of

MOST_FAULTS: Final = 20


async def submit_lines(belt: Beltline, name: str, lines: Sequence[bytes], options: JobOptions) -> list[str]:
    """Store a job for each line that is not empty, in one transaction; return the ids in order.

    Raises InvalidInput that names every faulty line; then nothing was stored.
    """
    template, check = await _definition(belt, name)
    store = belt.store
    now = store.now()
    randomness = random.SystemRandom()
    jobs: list[NewJob] = []
    faults: list[str] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            check(line)
        except InvalidInput as error:
            faults.append(f"line {number}: {error}")
        else:
            jobs.append(new_job(template, line, options, now=now, random=randomness))
    if faults:
        rest = f"\n… and {len(faults) - MOST_FAULTS} more" if len(faults) > MOST_FAULTS else ""
        text = "\n".join(faults[:MOST_FAULTS])
        raise InvalidInput(
            f"{len(faults)} of {len(faults) + len(jobs)} payloads refused, nothing stored:\n{text}{rest}"
        )
    if not jobs:
        return []
    answers = await insert(store, belt.namespace, jobs, all_or_none=True)
    return [accepted(job, answer) for job, answer in zip(jobs, answers, strict=True)]


async def _definition(belt: Beltline, name: str) -> tuple[Template, Callable[[bytes], object]]:
    """Return the template and the check of a payload, from the app where it is at hand, else the store."""
    found = belt.registry.get(name)
    if found is not None:
        return template_of(found), found.payload.load
    definition = await stored_definition(belt.store, belt.namespace, name)
    schema = StoredSchema(definition.schema)
    return stored_template(definition), lambda line: schema.check(name, line)
