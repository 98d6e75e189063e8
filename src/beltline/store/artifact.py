"""Artifacts as the store lists them: the row and its verbs, a part of the contract."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class StoredArtifact(NamedTuple):
    """Something that a run made beside its result. `reference` says where its content is.

    `name` is unique in its run; `type` is the content type, `size` that of the content.
    """

    job_id: str
    run: int
    name: str
    type: str
    size: int
    reference: bytes
    created_at: int


class ArtifactStore(Protocol):
    """What jobs made beside their results: the list of it. The content is in the object store."""

    async def add(self, namespace: str, artifact: StoredArtifact) -> None:
        """List an artifact; one of the same job, run and name is replaced.

        Nothing is listed for a job that does not exist (any more). A run whose fence is no longer the job's
        may add too: what a zombie made helps to explain it.
        """
        ...

    async def page(self, namespace: str, job_id: str) -> list[StoredArtifact]:
        """Return what a job made, by run and name."""
        ...
