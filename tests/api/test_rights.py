"""Every route, for every role, in its own namespace and in another's: walked against one table."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

import pytest

from beltline.api.operation import Operation
from beltline.api.table import OPERATIONS
from beltline.core.roles import Role
from tests.api.service import NAMESPACE, Service, running_service

ALL: Final = frozenset({"viewer", "submitter", "operator", "admin"})
SUBMIT: Final = ALL - {"viewer"}
CONTROL: Final = SUBMIT - {"submitter"}
ADMIN: Final = frozenset({"admin"})
WORK: Final = ADMIN | {"worker"}

# Who may do what; written by hand, so that a change of a role or a route shows here.
ALLOWED: Final = MappingProxyType(
    {
        "submit_job": SUBMIT,
        "submit_jobs": SUBMIT,
        "list_jobs": ALL,
        "get_job": ALL,
        "list_job_attempts": ALL,
        "list_job_logs": ALL,
        "list_job_artifacts": ALL,
        "read_job_artifact": SUBMIT,
        "watch_job": ALL,
        "watch_namespace": ALL,
        "revise_job": CONTROL,
        "delete_job": CONTROL,
        "cancel_job": CONTROL,
        "pause_job": CONTROL,
        "resume_job": CONTROL,
        "retry_job": CONTROL,
        "cancel_jobs": CONTROL,
        "pause_jobs": CONTROL,
        "resume_jobs": CONTROL,
        "retry_jobs": CONTROL,
        "delete_jobs": CONTROL,
        "list_bulk_actions": ALL,
        "get_bulk_action": ALL,
        "undo_bulk_action": CONTROL,
        "list_dead_letters": ALL,
        "get_dead_letter": ALL,
        "replay_dead_letter": CONTROL,
        "discard_dead_letter": CONTROL,
        "replay_dead_letters": CONTROL,
        "discard_dead_letters": CONTROL,
        "explain_job": ALL,
        "list_prerequisites": ALL,
        "list_dependents": ALL,
        "list_children": ALL,
        "list_schedules": ALL,
        "get_schedule": ALL,
        "list_fires": ALL,
        "preview_schedule": ALL,
        "preview_new_schedule": ALL,
        "create_schedule": CONTROL,
        "edit_schedule": CONTROL,
        "delete_schedule": CONTROL,
        "pause_schedule": CONTROL,
        "resume_schedule": CONTROL,
        "fire_schedule": CONTROL,
        "create_backfill": CONTROL,
        "list_backfills": ALL,
        "get_backfill": ALL,
        "cancel_backfill": CONTROL,
        "list_batches": ALL,
        "create_batch": SUBMIT,
        "get_batch": ALL,
        "list_batch_children": ALL,
        "cancel_batch": CONTROL,
        "pause_batch": CONTROL,
        "resume_batch": CONTROL,
        "retry_failed_batch": CONTROL,
        "list_workflows": ALL,
        "apply_workflow": CONTROL | {"worker"},
        "get_workflow": ALL,
        "draw_workflow": ALL,
        "list_workflow_versions": ALL,
        "list_runs": ALL,
        "start_run": SUBMIT,
        "get_run": ALL,
        "draw_run": ALL,
        "signal_run": CONTROL,
        "cancel_run": CONTROL,
        "pause_run": CONTROL,
        "resume_run": CONTROL,
        "retry_failed_run": CONTROL,
        "list_triggers": ALL,
        "create_trigger": CONTROL,
        "get_trigger": ALL,
        "explain_trigger": ALL,
        "edit_trigger": CONTROL,
        "delete_trigger": CONTROL,
        "pause_trigger": CONTROL,
        "resume_trigger": CONTROL,
        "rotate_trigger": CONTROL,
        "test_trigger": CONTROL,
        "list_queues": ALL,
        "get_queue": ALL,
        "pause_queue": CONTROL,
        "resume_queue": CONTROL,
        "list_definitions": ALL,
        "get_definition": ALL,
        "apply_definition": CONTROL | {"worker"},
        "list_workers": ALL,
        "get_worker": ALL,
        "open_worker": WORK,
        "beat_worker": WORK,
        "claim_jobs": WORK,
        "settle_jobs": WORK,
        "report_progress": WORK,
        "write_logs": WORK,
        "close_worker": WORK,
        "list_held_jobs": WORK,
        "load_memory": WORK,
        "record_steps": WORK,
        "save_positions": WORK,
        "enter_once": WORK,
        "list_asked_stacks": WORK,
        "tell_stacks": WORK,
        "list_subscriptions": ADMIN,
        "create_subscription": ADMIN,
        "get_subscription": ADMIN,
        "rotate_subscription": ADMIN,
        "test_subscription": ADMIN,
        "pause_subscription": ADMIN,
        "resume_subscription": ADMIN,
        "delete_subscription": ADMIN,
        "submit_children": WORK,
        "list_audit": ADMIN,
        "verify_audit": ADMIN,
        "list_api_keys": ADMIN,
        "create_api_key": ADMIN,
        "rotate_api_key": ADMIN,
        "revoke_api_key": ADMIN,
    }
)


async def status(service: Service, operation: Operation, role: str) -> int:
    path = re.sub(r"\{\w+\}", "none", operation.path)
    found = await service.call(operation.method, path, operation.example, role=role)
    return found.status_code


def test_the_table_has_every_operation() -> None:
    assert {operation.name for operation in OPERATIONS} == set(ALLOWED)


@pytest.mark.parametrize("role", [role.value for role in Role])
async def test_each_role_may_what_the_table_says(role: str) -> None:
    # Without room for streams those who may have one are told to come again: a walk reads no endless answer.
    async with running_service(most_streams=0) as service:
        for operation in OPERATIONS:
            found = await status(service, operation, role)

            assert found < 500, operation.name
            assert (found != 403) == (role in ALLOWED[operation.name]), (operation.name, found)


async def test_no_key_may_do_anything_elsewhere(service: Service) -> None:
    for operation in OPERATIONS:
        assert await status(service, operation, "foreign") == 403, operation.name

    assert (await service.call("GET", "/jobs")).json()["total"] == 0


async def test_nothing_is_open_without_a_key(service: Service) -> None:
    for operation in OPERATIONS:
        path = re.sub(r"\{\w+\}", "none", operation.path)
        found = await service.http.request(operation.method, f"/api/v1/namespaces/{NAMESPACE}{path}")
        assert found.status_code == 401, operation.name


async def test_nothing_of_one_namespace_is_there_for_another(service: Service) -> None:
    known = await one_of_each(service)

    for operation in OPERATIONS:
        if operation.method != "GET" or operation.name in {"watch_namespace", "list_audit", "list_api_keys"}:
            continue
        path = re.sub(r"\{(\w+)\}", lambda part: known[part[1]], operation.path)
        found = await service.call("GET", path, role="foreign", namespace="elsewhere")
        if "{" in operation.path:
            # A session that is not known here holds nothing.
            assert found.status_code == 404 or found.json()["items"] == [], operation.name
        elif operation.answered.media == "application/json":
            assert found.json().get("items", []) == [], operation.name


async def one_of_each(service: Service) -> dict[str, str]:
    """Make one of each thing that a path may name; return their names by part."""
    running = await service.running()
    job = await service.submit(parent=running.id, after=["to-come"])
    settings = {"secret": "env:HOOK"}
    things: tuple[tuple[str, str, dict[str, object]], ...] = (
        ("POST", "/schedules", {"name": "known", "definition": "mail", "schedule": {"every": "1h"}}),
        ("POST", "/triggers", {"name": "known", "definition": "mail", "settings": settings}),
        ("PUT", "/workflows/known", {"steps": {"ok": {"wait": "approval"}}}),
        ("POST", "/workflows/known/runs", {"id": "run-1"}),
        ("POST", "/queues/known/pause", {}),
    )
    for method, path, body in things:
        assert (await service.call(method, path, body)).status_code < 300, path
    return {
        "job_id": job,
        "worker_id": "session1",
        "queue": "known",
        "definition": "resize",
        "name": "none",
        "schedule": "known",
        "trigger": "known",
        "workflow": "known",
        "action_id": "none",
        "backfill_id": "none",
        "key_id": "none",
        "subscription_id": "none",
    }
