"""What a schema marks as secret is masked, however the schema says it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
from pydantic import SecretStr, TypeAdapter

from beltline.wire.masking import masked_value

SECRET = {"type": "string", "writeOnly": True}


class Login(NamedTuple):
    user: str
    password: SecretStr


@dataclass
class Site:
    name: str
    login: Login
    spare: tuple[str, SecretStr]
    by_host: dict[str, SecretStr]
    others: list[SecretStr | None]


@pytest.mark.parametrize(
    ("schema", "value", "masked"),
    [
        ({"properties": {"a": SECRET}}, {"a": "x", "b": "y"}, {"a": "***", "b": "y"}),
        ({"additionalProperties": SECRET}, {"a": "x"}, {"a": "***"}),
        ({"patternProperties": {"^a": SECRET}}, {"a": "x"}, {"a": "***"}),
        ({"prefixItems": [{}, SECRET]}, ["x", "y"], ["x", "***"]),
        ({"prefixItems": [{}], "items": SECRET}, ["x", "y"], ["x", "***"]),
        ({"if": {}, "then": {"properties": {"a": SECRET}}}, {"a": "x"}, {"a": "***"}),
        ({"$defs": {"a b": SECRET}, "items": {"$ref": "#/$defs/a%20b"}}, ["x"], ["***"]),
        (
            {"properties": {"key": SECRET, "next": {"$ref": "#"}}},
            {"next": {"key": "x"}},
            {"next": {"key": "***"}},
        ),
    ],
)
def test_a_marked_part_is_masked(schema: dict[str, Any], value: object, masked: object) -> None:
    assert masked_value(value, json.dumps(schema)) == masked


def test_secrets_of_a_type_are_masked_in_every_form_that_the_type_takes() -> None:
    schema = json.dumps(TypeAdapter(Site).json_schema())
    value = {"name": "n", "login": ["ann", "x"], "spare": ["s", "x"], "by_host": {"h": "x"}, "others": ["x"]}

    masked = masked_value(value, schema)

    assert masked == {
        "name": "n",
        "login": ["ann", "***"],
        "spare": ["s", "***"],
        "by_host": {"h": "***"},
        "others": ["***"],
    }


def test_what_is_not_marked_is_shown() -> None:
    assert masked_value({"a": [1, {"b": None}]}, '{"properties": {"c": {"writeOnly": true}}}') == {
        "a": [1, {"b": None}]
    }
