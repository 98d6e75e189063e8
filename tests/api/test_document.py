"""The OpenAPI document says what is served, all of it, and is a valid one."""

from __future__ import annotations

import json
import re

import jsonschema_rs

from beltline.api.app import make_app
from beltline.api.document import document
from beltline.api.table import OPERATIONS
from tests.api.service import Service

METHODS = {"get", "post", "put", "patch", "delete"}


def documented() -> set[tuple[str, str]]:
    return {
        (method, path) for path, item in document()["paths"].items() for method in item if method in METHODS
    }


def references(value: object) -> set[str]:
    text = str(value)
    return set(re.findall(r"#/components/schemas/(\w+)", text))


async def test_the_document_has_every_route_and_no_other(service: Service) -> None:
    app = make_app(service.desk)
    served = {
        (method.lower(), route.path) for route in app.routes for method in (route.methods or set()) - {"HEAD"}
    }

    assert documented() == served


def test_every_name_is_given_once() -> None:
    names = [operation.name for operation in OPERATIONS]

    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z_]+", name) for name in names)


def test_every_schema_has_a_plain_name() -> None:
    # Two models of one name would get their modules as names, and no client could be generated from those.
    assert [name for name in document()["components"]["schemas"] if not re.fullmatch("[A-Za-z]+", name)] == []


def test_every_reference_leads_to_a_schema_and_every_schema_is_used() -> None:
    found = document()

    assert references(found["paths"]) | references(found["components"]) == set(found["components"]["schemas"])


def test_every_schema_is_a_json_schema() -> None:
    found = document()
    for schema in found["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema)


def test_every_request_has_an_example_that_fits() -> None:
    for operation in OPERATIONS:
        if operation.body is not None:
            assert operation.example is not None, operation.name
            operation.body.model_validate(operation.example)


def test_every_answer_below_a_namespace_has_an_example_that_fits() -> None:
    found = document()
    schemas = {"$defs": found["components"]["schemas"]}
    for item in found["paths"].values():
        for operation in item.values():
            for status, answer in operation["responses"].items():
                content = answer.get("content", {}).get("application/json", {})
                if status.startswith("2") and "schema" in content:
                    text = json.dumps({**schemas, **content["schema"]})
                    schema = json.loads(text.replace("#/components/schemas/", "#/$defs/"))
                    jsonschema_rs.validate(schema, content["example"])


async def test_the_document_and_its_page_are_open_and_of_this_host_only(service: Service) -> None:
    assert (await service.http.get("/openapi.json")).json() == document()
    for path, kind in (
        ("/docs", "text/html"),
        ("/docs/docs.js", "text/javascript"),
        ("/docs/docs.css", "text/css"),
    ):
        found = await service.http.get(path)
        assert found.status_code == 200
        assert found.headers["content-type"].startswith(kind)
        assert "//" not in re.sub(r"//( [A-Z].*)?$", "", found.text, flags=re.MULTILINE).replace("</", "")
