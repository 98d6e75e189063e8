from __future__ import annotations

import enum
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from beltline.core.errors import InvalidInput, InvalidPayload, MalformedJson, PayloadTooLarge
from beltline.definitions.context import Context
from beltline.definitions.payload import PayloadType
from beltline.definitions.signature import read_signature


class Colour(enum.Enum):
    RED = "red"


@dataclass
class Image:
    path: str
    size: tuple[int, int] = (1, 1)
    notes: list[float] = field(default_factory=list)


class Order(BaseModel):
    price: float | None = None
    image: Image | None = None
    anything: Any = None


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    known: int = 0


class Opaque:
    pass


def payload_of(function: Callable[..., object]) -> PayloadType:
    return PayloadType(function.__name__, read_signature(function))


def faults_of(payload: PayloadType, *args: object, **kwargs: object) -> list[tuple[str, str]]:
    with pytest.raises(InvalidPayload) as refusal:
        payload.dump(args, kwargs)
    return list(refusal.value.faults)


def paths_of(payload: PayloadType, *args: object, **kwargs: object) -> list[str]:
    return [path for path, _ in faults_of(payload, *args, **kwargs)]


def simple(ctx: Context, n: int, name: str = "x") -> None: ...


def rich(
    *,
    image: Image,
    when: datetime,
    day: date,
    key: UUID,
    where: Path,
    colour: Colour,
    raw: bytes,
    mode: Literal["fast", "slow"] = "fast",
) -> None: ...


def ordered(order: Order) -> None: ...


def free(data: dict[str, Any]) -> None: ...


def anything(value: object) -> None: ...


def counted(n: Annotated[int, Field(ge=1)]) -> None: ...


def levelled(level: Literal[0, 1]) -> None: ...


def dated(day: date = date(2026, 1, 1)) -> None: ...


def chosen(numbers: set[int]) -> None: ...


def opened(value: Open) -> None: ...


RICH = {
    "image": Image("a.png", (3, 4), [0.5]),
    "when": datetime(2026, 11, 22, 15, 4, tzinfo=UTC),
    "day": date(2026, 11, 22),
    "key": UUID(int=7),
    "where": Path("/tmp/x"),
    "colour": Colour.RED,
    "raw": b"\x00\xff",
}


def test_a_call_by_name_is_written_as_one_object() -> None:
    assert payload_of(simple).dump((), {"n": 1, "name": "a"}) == b'{"n":1,"name":"a"}'


def test_values_given_by_position_get_their_names() -> None:
    assert payload_of(simple).dump((1, "a"), {}) == b'{"n":1,"name":"a"}'


def test_a_default_is_left_to_the_function() -> None:
    assert payload_of(simple).dump((1,), {}) == b'{"n":1}'


def test_what_was_written_is_loaded_as_keyword_arguments() -> None:
    payload = payload_of(simple)

    assert payload.load(payload.dump((1,), {"name": "a"})) == {"n": 1, "name": "a"}


def test_rich_types_come_back_equal() -> None:
    payload = payload_of(rich)

    assert payload.load(payload.dump((), RICH)) == RICH


def test_every_fault_is_listed_with_its_path() -> None:
    faults = faults_of(payload_of(simple), n=False, colour=1)

    assert [path for path, _ in faults] == ["n", "colour"]
    assert faults[0][1] == "Input should be a valid integer"


def test_a_missing_parameter_is_named() -> None:
    assert ("n", "is required and missing") in faults_of(payload_of(simple))


def test_too_many_values_by_position_are_refused() -> None:
    assert "3 values are given by position" in faults_of(payload_of(simple), 1, "a", 2)[0][1]


def test_a_value_given_by_position_and_by_name_is_refused() -> None:
    assert paths_of(payload_of(simple), 1, n=2) == ["n"]


@pytest.mark.parametrize("value", [False, True, "1", 1.0, None, [1]])
def test_only_an_int_is_an_int(value: object) -> None:
    assert paths_of(payload_of(simple), n=value) == ["n"]


@pytest.mark.parametrize("value", [True, False, 2, "0"])
def test_a_literal_number_is_not_its_equal_of_another_type(value: object) -> None:
    assert set(paths_of(payload_of(levelled), level=value)) == {"level"}


def test_bounds_of_an_annotation_hold() -> None:
    assert paths_of(payload_of(counted), n=0) == ["n"]


def test_fields_inside_a_dataclass_are_checked() -> None:
    wrong = {**RICH, "image": Image(path=5, size=(1, "2")), "colour": "red"}  # type: ignore[arg-type]

    assert paths_of(payload_of(rich), **wrong) == ["image.path", "image.size[1]", "colour"]


@pytest.mark.parametrize(
    ("order", "path"),
    [
        (Order(price=float("nan")), "order.price"),
        (Order(anything=[1, float("inf")]), "order.anything[1]"),
        (Order.model_construct(anything=1, image=Image("a", (1, "2"))), "order.image.size[1]"),  # type: ignore[arg-type]
    ],
)
def test_a_model_is_checked_as_it_is_now(order: Order, path: str) -> None:
    assert paths_of(payload_of(ordered), order) == [path]


def test_nan_is_refused_inside_anything() -> None:
    assert paths_of(payload_of(free), {"a": [None, {"b": float("nan")}]}) == ["data.a[1].b"]


def test_none_inside_anything_is_kept() -> None:
    assert payload_of(free).dump(({"a": None},), {}) == b'{"data":{"a":null}}'


def test_names_that_fall_together_are_refused() -> None:
    assert "occurs more than once" in faults_of(payload_of(anything), {1: "a", "1": "b"})[0][1]


def test_half_a_surrogate_pair_is_refused_with_its_path() -> None:
    assert paths_of(payload_of(free), {"a": ["\ud800"]}) == ["data.a[0]"]


def test_an_object_of_no_json_type_is_refused_with_its_path() -> None:
    assert paths_of(payload_of(free), {"a": {"a": 1, "b": Opaque()}}) == ["data.a.b"]


def test_a_value_that_contains_itself_is_refused() -> None:
    loop: dict[str, object] = {}
    loop["again"] = loop

    assert faults_of(payload_of(free), loop)


def test_an_endless_number_is_refused() -> None:
    assert faults_of(payload_of(simple), 10**5_000)


def test_a_payload_over_the_limit_is_refused() -> None:
    with pytest.raises(PayloadTooLarge, match="'simple'"):
        payload_of(simple).dump((1, "x" * 1_048_577), {})


def test_loading_lists_every_fault_with_its_path() -> None:
    with pytest.raises(InvalidPayload) as refusal:
        payload_of(ordered).load(b'{"order":{"price":"1","image":{"path":1,"size":[1]},"b":0},"z":1}')

    assert sorted(path for path, _ in refusal.value.faults) == [
        "order.b",
        "order.image.path",
        "order.image.size[1]",
        "order.price",
        "z",
    ]


def test_loading_what_is_no_json_is_refused() -> None:
    with pytest.raises(InvalidPayload, match="Invalid JSON"):
        payload_of(simple).load(b'{"n":1.')


def test_a_whole_number_with_a_point_is_an_integer_in_json() -> None:
    assert payload_of(simple).load(b'{"n":1.0}') == {"n": 1}


def test_names_that_a_model_allows_are_refused_all_the_same() -> None:
    with pytest.raises(InvalidPayload, match=r"value\.other"):
        payload_of(opened).load(b'{"value":{"known":1,"other":2}}')


@pytest.mark.parametrize("data", [b'{"n":1,"n":2}', b'{"n":NaN}', b'{"n":1}x'])
def test_a_payload_from_outside_must_be_strict_json(data: bytes) -> None:
    with pytest.raises(MalformedJson):
        payload_of(simple).check(data)


def test_the_schema_says_what_the_function_says() -> None:
    assert payload_of(simple).schema == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "simple",
        "type": "object",
        "properties": {"n": {"type": "integer"}, "name": {"type": "string", "default": "x"}},
        "required": ["n"],
        "additionalProperties": False,
    }


def test_objects_inside_the_schema_are_closed_too() -> None:
    kinds = payload_of(ordered).schema["$defs"]

    assert {name: kind["additionalProperties"] for name, kind in kinds.items()} == {
        "Image": False,
        "Order": False,
    }


def test_a_default_that_json_cannot_show_is_left_out_of_the_schema() -> None:
    assert payload_of(dated).schema["properties"]["day"] == {"type": "string", "format": "date"}


def test_a_set_is_submitted_as_an_array() -> None:
    assert payload_of(chosen).dump(({3},), {}) == b'{"numbers":[3]}'


def test_a_wrong_member_of_a_set_is_named() -> None:
    assert paths_of(payload_of(chosen), {"a"}) == ["numbers[0]"]


def test_the_schema_is_json() -> None:
    assert json.loads(json.dumps(payload_of(rich).schema)) == payload_of(rich).schema


def test_the_first_parameter_named_ctx_is_the_context() -> None:
    def job(ctx, n: int) -> None: ...  # type: ignore[no-untyped-def]  # noqa: ANN001

    assert read_signature(job).takes_context
    assert list(read_signature(job).fields) == ["n"]


def test_the_first_parameter_annotated_as_context_is_the_context() -> None:
    def job(context: Context, n: int) -> None: ...

    assert read_signature(job).takes_context


def test_a_function_may_have_no_parameters() -> None:
    def job() -> None: ...

    assert payload_of(job).dump((), {}) == b"{}"


def starred(*values: int, **named: int) -> None: ...
def positional(a: int, /) -> None: ...
def untyped(a, b=1) -> None: ...  # type: ignore[no-untyped-def]  # noqa: ANN001
def late(a: int, context: Context) -> None: ...
def unknown(a: Nowhere) -> None: ...  # type: ignore[name-defined]  # noqa: F821
def opaque(a: Opaque) -> None: ...
def lazy(a: Iterable[int]) -> None: ...
def secret(a: SecretStr) -> None: ...
def defaulted(a: int = Field(ge=1)) -> None: ...


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (starred, ["*values", "**named", "name each parameter"]),
        (positional, ["'a' is positional only"]),
        (untyped, ["'a' has no type", "'b' has no type"]),
        (late, ["'context' is a Context; it must come first"]),
        (unknown, ["name 'Nowhere' is not defined"]),
        (opaque, ["cannot be stored as JSON", "Opaque"]),
        (lazy, ["read once", "list or Sequence"]),
        (secret, ["holds a secret"]),
        (defaulted, ["Annotated[..., Field(...)]"]),
    ],
)
def test_a_function_that_cannot_be_a_job_is_refused_with_every_reason(
    function: Callable[..., object], words: list[str]
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        payload_of(function)

    assert all(word in str(refusal.value) for word in words)
