"""A client that a generator made of the OpenAPI document, without a word from us, works."""

from __future__ import annotations

import importlib
import json
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest

from beltline.api.document import document
from beltline.api.table import OPERATIONS
from tests.api.served import Served, served
from tests.api.service import MEMORY, NAMESPACE

NAME: Final = "generated_belt"
# The generator tidies up with tools that it expects on the path: what it makes works without.
CONFIG: Final = "post_hooks: []\n"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    folder: Path = tmp_path_factory.mktemp("generated")
    (folder / "openapi.json").write_text(json.dumps(document()))
    (folder / "config.yml").write_text(CONFIG)
    generator = [sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning"]
    given = ["--path", "openapi.json", "--config", "config.yml", "--meta", "none", "--output-path", NAME]
    ran = subprocess.run(
        [*generator, *given], cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    sys.path.insert(0, str(folder))
    try:
        yield importlib.import_module(NAME)
    finally:
        sys.path.remove(str(folder))
        for name in [name for name in sys.modules if name.split(".")[0] == NAME]:
            del sys.modules[name]


@pytest.fixture(scope="module")
def service() -> Iterator[Served]:
    with served(MEMORY) as found:
        yield found


class Generated:
    """The generated client of a service, as an operator."""

    def __init__(self, package: ModuleType, service: Served) -> None:
        self.models = importlib.import_module(f"{NAME}.models")
        self._package = package
        self._service = service

    def call(self, operation: str, *parts: str, **given: Any) -> Any:  # noqa: ANN401 - the types are generated
        module = importlib.import_module(f"{NAME}.api.jobs.{operation}")
        token = self._service.keys["operator"]
        with self._package.AuthenticatedClient(base_url=self._service.url, token=token) as client:
            return module.sync_detailed(NAMESPACE, *parts, client=client, **given)


@pytest.fixture
def generated(package: ModuleType, service: Served) -> Generated:
    return Generated(package, service)


@pytest.mark.proof
def test_every_operation_becomes_a_module_that_can_be_imported(package: ModuleType) -> None:
    found = {name for _, name, _ in pkgutil.walk_packages(package.__path__, f"{NAME}.")}

    for name in found:
        importlib.import_module(name)
    assert {f"{NAME}.api.{each.tag.replace('-', '_')}.{each.name}" for each in OPERATIONS} <= found


@pytest.mark.proof
def test_a_job_is_submitted_read_listed_and_cancelled(generated: Generated) -> None:
    body = generated.models.SubmitJob(
        definition="resize", payload={"path": "cat.png"}, priority=7, delay="1h", after=["to-come"]
    )

    submitted = generated.call("submit_job", body=body)
    job_id = submitted.parsed.id
    read = generated.call("get_job", job_id)
    page = generated.call("list_jobs", state=[generated.models.JobState.WAITING], limit=10)
    cancelled = generated.call("cancel_job", job_id, body=generated.models.Act(why="not needed"))

    assert (submitted.status_code, submitted.parsed.existing) == (201, False)
    assert (read.parsed.id, read.parsed.state, read.parsed.priority) == (job_id, "waiting", 7)
    assert [job.id for job in page.parsed.items] == [job_id]
    assert (page.parsed.next_, page.parsed.total) == (None, 1)
    assert (cancelled.status_code, cancelled.parsed.state) == (200, "cancelled")


@pytest.mark.proof
def test_many_are_submitted_and_steered_in_bulk(generated: Generated) -> None:
    models = generated.models
    jobs = [models.SubmitJob(definition="mail", payload={"n": n}, queue="letters") for n in range(3)]

    stored = generated.call("submit_jobs", body=models.SubmitJobs(jobs=jobs))
    where = models.Where(queue="letters")
    dry = generated.call("cancel_jobs", body=models.ActOnMany(where=where, dry_run=True))

    assert (stored.status_code, stored.parsed.total) == (201, 3)
    assert dry.status_code == 200
    assert dry.parsed.found == 3


@pytest.mark.proof
def test_a_refusal_is_a_problem_with_all_its_faults(generated: Generated) -> None:
    body = generated.models.SubmitJob(definition="resize", payload={"width": "x"}, queue="a b")

    refused = generated.call("submit_job", body=body)
    unknown = generated.call("get_job", "nothing")

    assert (refused.status_code, refused.parsed.code) == (422, "request_invalid")
    assert {fault.path for fault in refused.parsed.faults} == {"queue", "payload.path", "payload.width"}
    assert (unknown.status_code, unknown.parsed.code) == (404, "not_found")


@pytest.mark.proof
def test_an_end_is_awaited_and_the_result_read(service: Served, generated: Generated) -> None:
    result = generated.models.GetJobIncludeItem.RESULT

    done = generated.call("get_job", service.ids["done"], wait="1s", include=[result])

    assert (done.status_code, done.parsed.state, done.parsed.result) == (200, "succeeded", 5)
