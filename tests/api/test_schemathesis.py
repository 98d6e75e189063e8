"""Made-up requests over the whole document: no 5xx, and every answer as the document says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings, strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from beltline.api.document import document
from tests.api.served import Served, served
from tests.api.service import MEMORY, NAMESPACE

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
RUN = "run-1"
QUICK = settings(
    max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None
)
THOROUGH = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), database=None)


@pytest.fixture(scope="module")
def service() -> Iterator[Served]:
    # No room for streams: an endless answer cannot be read to its end.
    with served(MEMORY, most_streams=0, rate=1_000_000, hook_rate=1_000_000) as found:
        furnish(found)
        yield found


def furnish(service: Served) -> None:
    """Make one of each thing that a path may name, beside the jobs."""
    graph = {"steps": {"one": {"job": "mail"}, "ok": {"wait": "approval"}}, "output": {"$": "one"}}
    settings = {"secret": "env:PATH"}
    things = (
        ("POST", "/schedules", {"name": "known", "definition": "mail", "schedule": {"every": "1h"}}),
        ("POST", "/triggers", {"name": "known", "definition": "mail", "settings": settings}),
        ("PUT", "/workflows/known", graph),
        ("POST", "/workflows/known/runs", {"id": RUN}),
        ("POST", "/jobs", {"definition": "mail", "parent": service.ids["running"], "after": ["to-come"]}),
    )
    headers = {"Authorization": f"Bearer {service.keys['admin']}"}
    with httpx2.Client(base_url=f"{service.url}/api/v1/namespaces/{NAMESPACE}", headers=headers) as http:
        for method, path, body in things:
            found = http.request(method, path, json=body)
            assert found.status_code in {200, 201}, found.text


def operations() -> dict[str, Any]:
    """Return every operation of the document by method and path."""
    schema = schemathesis.openapi.from_dict(document())
    found = [each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)]
    return {operation.label: operation for operation in found}


def walk(operation: Any, service: Served, chosen: settings) -> None:  # noqa: ANN401 - of schemathesis
    """Send made-up requests to our namespace, by turns for jobs that are there, and check the answers."""

    @chosen
    @given(case=operation.as_strategy(), job=st.sampled_from([None, RUN, *service.ids.values()]))
    def send(case: schemathesis.Case[Any], job: str | None) -> None:
        parts = dict(case.path_parameters or {})
        known = {"namespace": NAMESPACE}
        if job is not None and operation.method != "delete":
            known |= {"job_id": job, **dict.fromkeys(("schedule", "trigger", "workflow"), "known")}
        case.path_parameters = {name: known.get(name, value) for name, value in parts.items()}
        case.query = {name: value for name, value in dict(case.query or {}).items() if name != "wait"}
        case.headers.update({"Authorization": f"Bearer {service.keys['admin']}"})
        case.call_and_validate(base_url=service.url, checks=CHECKS)

    send()


@pytest.mark.parametrize("label", operations())
def test_a_few_requests_of_each_kind(service: Served, label: str) -> None:
    walk(operations()[label], service, QUICK)


@pytest.mark.proof
@pytest.mark.parametrize("label", operations())
def test_many_requests_of_each_kind(service: Served, label: str) -> None:
    walk(operations()[label], service, THOROUGH)
