"""Old objects of a namespace are encrypted with the current key: all of them, in pieces, beside live jobs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from beltline.config import ObjectsConfig
from beltline.core.codec import dump_json
from beltline.core.errors import InvalidInput, Unsupported
from beltline.core.values import KIB, MIB
from beltline.engine import control
from beltline.engine.objects import kept, whole
from beltline.engine.reencryption import Reencryption, reencrypt
from beltline.engine.submit import DEFAULTS, insert, new_job
from beltline.engine.template import Template
from beltline.store.contract import Store
from beltline.store.open import configured_store
from tests.clocks import FakeClock
from tests.engine.test_objects import LARGE, NS, Depot

KEYS = {"A": "aa" * 32, "B": "bb" * 32}
JOBS = 9


class Vault:
    """One store and one folder, opened with this or that list of keys."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._clock = FakeClock()
        self._open: list[Store] = []

    async def opened(self, *keys: str) -> Depot:
        config = ObjectsConfig(url=f"file://{self._folder}/objects", threshold=64 * KIB, limit=MIB, keys=keys)
        store = configured_store(f"sqlite:///{self._folder}/beltline.db", config, KEYS, clock=self._clock)
        await store.open()
        # Ids are drawn from the time and one seed.
        self._clock.advance(1_000_000)
        self._open.append(store)
        return Depot(store, self._clock, self._folder / "objects")

    async def close(self) -> None:
        for store in self._open:
            await store.close()


@pytest.fixture
async def vault(tmp_path: Path) -> AsyncIterator[Vault]:
    made = Vault(tmp_path)
    yield made
    await made.close()


async def submitted(depot: Depot, number: int = JOBS) -> list[str]:
    return [await depot.submit(dump_json({"n": n, "text": "x" * 100_000})) for n in range(number)]


async def renewed(depot: Depot, *, is_dry: bool = False, limit: int | None = None) -> Reencryption:
    return await reencrypt(depot.store, NS, is_dry=is_dry, limit=limit, told=lambda _: None)


async def texts(depot: Depot, ids: list[str]) -> set[bytes]:
    return {(await whole(depot.store, await depot.job(job_id))).payload[:7] for job_id in ids}


async def test_after_a_rotation_the_old_key_is_needed_no_more(vault: Vault) -> None:
    ids = [*await submitted(await vault.opened()), *await submitted(await vault.opened("a=env:A"))]
    current = await submitted(await vault.opened("b=env:B"), 1)

    found = await renewed(await vault.opened("b=env:B", "a=env:A"))

    assert (found.objects, found.current, found.renewed, found.failed) == (2 * JOBS + 1, 1, 2 * JOBS, 0)
    assert dict(found.keys) == {"": JOBS, "a": JOBS}
    assert (found.left, found.is_complete) == (0, True)
    assert len(await texts(await vault.opened("b=env:B"), ids + current)) == JOBS


async def test_a_dry_run_counts_and_changes_nothing(vault: Vault) -> None:
    ids = await submitted(await vault.opened("a=env:A"))

    found = await renewed(await vault.opened("b=env:B", "a=env:A"), is_dry=True)

    assert (found.objects, found.renewed, found.left, found.is_complete) == (JOBS, 0, JOBS, False)
    assert len(await texts(await vault.opened("a=env:A"), ids)) == JOBS


async def test_it_goes_on_where_it_was_broken_off(vault: Vault) -> None:
    await submitted(await vault.opened("a=env:A"))
    depot = await vault.opened("b=env:B", "a=env:A")

    first = await renewed(depot, limit=5)
    second = await renewed(depot, limit=5)

    assert (first.renewed, first.is_complete) == (5, False)
    assert (second.current, second.renewed, second.is_complete) == (5, JOBS - 5, True)


async def test_a_job_whose_object_is_renewed_runs_and_is_replayed(vault: Vault) -> None:
    [job_id] = await submitted(await vault.opened(), 1)
    depot = await vault.opened("a=env:A")
    before = await depot.job(job_id)

    await renewed(depot)

    after = await control.fetch(depot.store, NS, job_id)
    assert after == before
    assert (await whole(depot.store, after)).payload.startswith(b'{"n":0,')


async def test_a_writer_that_repeats_itself_meets_what_it_wrote(vault: Vault) -> None:
    plain = await vault.opened()
    job = new_job(
        Template(name="resize", version="1", queue="images"),
        LARGE,
        DEFAULTS,
        now=plain.store.now(),
        random=plain._random,
    )
    [first] = await kept(plain.store, NS, [job])
    await renewed(await vault.opened("a=env:A"))

    [again] = await kept(plain.store, NS, [job])
    await insert(plain.store, NS, [job], all_or_none=True)

    assert first == again
    found = await renewed(await vault.opened("a=env:A"))
    assert (found.renewed, found.is_complete) == (1, True)


async def test_what_cannot_be_read_is_named_and_the_others_are_done(vault: Vault) -> None:
    await submitted(await vault.opened("a=env:A"), 2)
    await submitted(await vault.opened(), 2)

    found = await renewed(await vault.opened("b=env:B"))

    assert (found.renewed, found.failed, found.is_complete) == (2, 2, False)
    assert all("encrypted with the key 'a'" in text for _, text in found.problems)


async def test_without_a_key_it_says_where_to_name_one(vault: Vault) -> None:
    with pytest.raises(InvalidInput, match=r"name one in objects\.keys"):
        await renewed(await vault.opened())


async def test_without_a_place_it_says_so(tmp_path: Path) -> None:
    store = configured_store("sqlite:///:memory:", ObjectsConfig(), {}, clock=FakeClock())
    await store.open()

    with pytest.raises(Unsupported, match=r"objects\.url"):
        await reencrypt(store, NS, is_dry=True, limit=None, told=lambda _: None)
    await store.close()
