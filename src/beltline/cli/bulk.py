"""Many payloads as many jobs of one definition: all of them or none."""

from __future__ import annotations

from collections.abc import Sequence

from beltline.cli.progress import bar, counted
from beltline.client.beltline import Beltline
from beltline.core.errors import InvalidBatch
from beltline.engine.submit import JobOptions


async def submit_lines(
    belt: Beltline, name: str, lines: Sequence[bytes], options: JobOptions, *, shown: bool = False
) -> list[str]:
    """Store a job for each line that is not empty, in one transaction; return the ids in order.

    `shown`: with a bar, on a terminal.

    Raises InvalidBatch that names every faulty line; then nothing was stored.
    """
    numbers = [number for number, line in enumerate(lines) if line.strip()]
    try:
        with bar(f"checking {name}", len(numbers), shown=shown) as progress:
            payloads = counted((lines[number] for number in numbers), progress)
            jobs = await belt.submit_many(name, payloads, options=options)
    except InvalidBatch as error:
        faults = [(numbers[index], fault) for index, fault in error.faults]
        raise InvalidBatch(faults, of=error.of, called="line", options=error.options) from error
    return [job.id for job in jobs]
