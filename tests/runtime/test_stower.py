"""What stands before the settler, seen from the watchdog's side."""

from __future__ import annotations

import random
from pathlib import Path

from beltline.config import ObjectsConfig
from beltline.core.decide import Policy
from beltline.core.outcome import Ending, succeeded
from beltline.core.reasons import Reason
from beltline.core.values import KIB
from beltline.engine.settle import Settlement
from beltline.objects.open import objects_for
from beltline.runtime.stower import Stower
from tests.runtime.test_reporter import claimed_job
from tests.runtime.works import Works


async def test_a_result_that_waits_for_its_object_is_unwritten_as_a_job_given_back(
    works: Works, tmp_path: Path
) -> None:
    place = tmp_path / "objects"
    place.write_text("no folder")
    works.store.objects = objects_for(
        ObjectsConfig(url=f"file://{place}", threshold=KIB), works.store.url, {}
    )

    job = await claimed_job(works)
    stower = Stower(
        works.store, works.namespace, random=random.Random(1), settled=lambda: None, gather_s=lambda: 0.0
    )

    stower.put(Settlement(job, succeeded(b'"' + b"x" * 2 * KIB + b'"'), Policy()))

    [item] = stower.unwritten()
    assert (item.outcome.ending, item.outcome.reason) == (Ending.RELEASED, Reason.OBJECTS_UNAVAILABLE)
    await stower.close(0.1)
