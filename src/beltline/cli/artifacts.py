"""The files that a job made: listed, and saved."""

from __future__ import annotations

from pathlib import Path

from beltline.core.errors import InvalidInput
from beltline.definitions.artifact import ARTIFACT_NAME
from beltline.engine import control
from beltline.engine.objects import whole_bytes
from beltline.store.artifact import StoredArtifact
from beltline.store.contract import Store


async def read_artifacts(
    store: Store, namespace: str, job_id: str, folder: Path | None
) -> list[StoredArtifact]:
    """Return the artifacts of a job; with a folder, write each into it. Raises NotFound, ObjectsError."""
    await control.fetch(store, namespace, job_id)
    found = await store.artifacts.page(namespace, job_id)
    if folder is None:
        return found
    # A name that could lead out of the folder is not one that a job can have given.
    latest = {each.name: each for each in found if ARTIFACT_NAME.fullmatch(each.name)}
    for artifact in latest.values():
        _write(folder / artifact.name, await whole_bytes(store, artifact.reference))
    return list(latest.values())


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise InvalidInput(f"cannot write {path}: {error.strerror}; give another folder") from error
