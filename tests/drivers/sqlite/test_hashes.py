"""What the migration to another hash of payloads does with jobs that were stored before it."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

from beltline.core.codec import payload_hash
from beltline.objects.reference import Reference
from beltline.store.params import Insertion
from beltline.store.sqlite import migrations
from tests.conformance.builders import PAYLOAD
from tests.conformance.world import World


def old_hash(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()


async def test_stored_payloads_and_keys_are_compared_as_before(world: World, path: Path) -> None:
    content = f"content:{old_hash(PAYLOAD).hex()}"
    reference = Reference("a/b/20261122/c/d", hashlib.sha256(b"large").hexdigest(), 5)
    await world.insert(
        world.new(id="a", payload_hash=old_hash(PAYLOAD), idempotency_key="k"),
        world.new(id="b", payload_hash=old_hash(PAYLOAD), idempotency_key=content),
        world.new(id="c", payload=reference.packed(), payload_hash=old_hash(b"large")),
    )

    (step,) = (step for step in migrations.MIGRATIONS if step.number == 11)
    connection = sqlite3.connect(path)
    connection.create_function("payload_hash_of", 1, migrations._payload_hash_of, deterministic=True)
    connection.executescript(step.sql)
    stored = dict(connection.execute("SELECT id, payload_hash FROM jobs"))
    connection.close()

    new_content = f"content:{payload_hash(PAYLOAD).hex()}"
    again = await world.insert(
        world.new(idempotency_key="k"), world.new(idempotency_key=new_content), all_or_none=False
    )
    assert stored == {"a": payload_hash(PAYLOAD), "b": payload_hash(PAYLOAD), "c": payload_hash(b"large")}
    assert [(answer.id, answer.outcome) for answer in again] == [
        ("a", Insertion.EXISTING),
        ("b", Insertion.EXISTING),
    ]
