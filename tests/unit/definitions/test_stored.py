from __future__ import annotations

import subprocess
import sys

import pytest

from beltline.core.errors import InvalidInput, InvalidPayload, MalformedJson, PayloadTooLarge
from beltline.definitions.stored import StoredSchema

SCHEMA = StoredSchema(
    """{"type":"object","required":["n","m"],"additionalProperties":false,
    "properties":{"n":{"type":"integer"},"m":{},"tags":{"type":"array","items":{"type":"string"}}}}"""
)


def test_a_payload_that_fits_passes() -> None:
    SCHEMA.check("job", b'{"n":1,"m":null,"tags":["a"]}')


def test_every_fault_is_listed_with_its_path() -> None:
    with pytest.raises(InvalidPayload) as refusal:
        SCHEMA.check("job", b'{"n":"1","tags":["a",2],"x":1,"y z":2}')

    assert refusal.value.definition == "job"
    assert sorted(path for path, _ in refusal.value.faults) == ['["y z"]', "m", "n", "tags[1]", "x"]


@pytest.mark.parametrize("data", [b'{"n":1,"n":2,"m":1}', b'{"n":NaN}', b"{", b'{"m":"\\ud800","n":1}'])
def test_a_payload_must_be_strict_json(data: bytes) -> None:
    with pytest.raises(MalformedJson):
        SCHEMA.check("job", data)


def test_a_payload_over_the_limit_is_refused() -> None:
    with pytest.raises(PayloadTooLarge):
        SCHEMA.check("job", b'"' + b"x" * 1_048_576 + b'"')


def test_at_most_a_hundred_faults_are_listed() -> None:
    with pytest.raises(InvalidPayload) as refusal:
        SCHEMA.check("job", b'{"m":1,"n":1,"tags":[' + b",".join([b"1"] * 1_000) + b"]}")

    assert len(refusal.value.faults) == 100


@pytest.mark.parametrize(
    "data",
    [b'{"pin":"hunter2"}', b'{"pin":"hunter2","size":"hunter2"}', b'[{"pin":"hunter2"}]', b'"hunter2"'],
)
def test_no_fault_quotes_a_payload_that_may_hold_a_secret(data: bytes) -> None:
    schema = StoredSchema(
        """{"type":"object","properties":{"size":{"type":"integer"},
        "pin":{"type":"string","minLength":20,"format":"password"}}}"""
    )

    with pytest.raises(InvalidPayload) as refusal:
        schema.check("job", data)

    assert "hunter2" not in str(refusal.value)


def test_a_fault_quotes_no_more_than_a_line_of_the_payload() -> None:
    with pytest.raises(InvalidPayload) as refusal:
        SCHEMA.check("job", b'{"m":1,"n":"' + b"x" * 10_000 + b'"}')

    assert len(refusal.value.faults[0][1]) < 310


@pytest.mark.parametrize(
    "schema", ['{"type":"nonsense"}', '"text"', '{"$ref":"https://example.invalid/s.json"}']
)
def test_a_text_that_is_no_schema_of_its_own_is_refused(schema: str) -> None:
    with pytest.raises(InvalidInput, match="not a JSON Schema"):
        StoredSchema(schema)


def test_the_validator_is_loaded_when_a_stored_schema_is_used_and_not_before() -> None:
    code = "import sys, beltline.definitions.stored; sys.exit('jsonschema_rs' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
