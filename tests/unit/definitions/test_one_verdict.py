"""One corpus, two judges: the type at hand and the stored schema accept and refuse the same JSON."""

from __future__ import annotations

import enum
import ipaddress
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, NotRequired
from uuid import UUID

import pytest
from hypothesis import given, settings, strategies as st
from pydantic import UUID4, AnyUrl, BaseModel, ConfigDict, Field, HttpUrl
from typing_extensions import TypedDict

from beltline.core.errors import InvalidInput
from beltline.definitions.payload import PayloadType
from beltline.definitions.signature import REQUIRED, Field as Parameter, Signature
from beltline.definitions.stored import StoredSchema


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Number(enum.IntEnum):
    ONE = 1
    TWO = 2


class Share(enum.Enum):
    HALF = 0.5
    WHOLE = 1.0


@dataclass
class Point:
    x: int
    y: float = 0.0


class Model(BaseModel):
    a: int
    b: str | None = None
    p: Point | None = None


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    a: int = 0


class Empty(BaseModel):
    pass


class Renamed(BaseModel):
    a: int = Field(alias="A")


class Tree(BaseModel):
    v: int
    kids: list[Tree] = []


class Typed(TypedDict):
    a: int
    b: NotRequired[str]


class Pair(NamedTuple):
    a: int
    b: str = "x"


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    n: int = 0


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"
    n: str = ""


TYPES: list[Any] = [
    *(int, float, bool, str, type(None), Any, object, list, dict, bytes, Decimal, Path, UUID, UUID4),
    *(datetime, date, time, timedelta, AnyUrl, HttpUrl, re.Pattern),
    *(ipaddress.IPv4Address, ipaddress.IPv6Address, ipaddress.IPv4Network),
    *(int | None, int | str, int | float, float | str, bool | int, str | None, date | int, datetime | str),
    *(Decimal | None, Point | None, Point | int, Cat | Dog),
    *(list[int], list[Any], set[int], frozenset[str], tuple[int, ...], tuple[int, str], tuple[()]),
    *(Sequence[int], Mapping[str, int], list[Point], dict[str, Point]),
    *(
        dict[str, Any],
        dict[str, int],
        dict[int, int],
        dict[float, int],
        dict[bool, int],
        dict[int | str, int],
    ),
    *(dict[date, int], dict[Colour, int], dict[UUID, int], dict[Literal["a", "x"], int]),
    *(Literal[1], Literal["a"], Literal[True], Literal[1, "a"] | None, Literal[False, 0]),
    *(Colour, Number, Share, Point, Model, Open, Empty, Renamed, Tree, Typed, Pair),
    Annotated[Cat | Dog, Field(discriminator="kind")],
    Annotated[int, Field(ge=1, le=10)],
    Annotated[int, Field(multiple_of=5)],
    Annotated[float, Field(gt=0)],
    Annotated[str, Field(min_length=1, max_length=3)],
    Annotated[str, Field(pattern="^[a-z]+$")],
    Annotated[list[int], Field(min_length=1, max_length=2)],
    Annotated[dict[str, int], Field(max_length=1)],
    dict[Annotated[str, Field(pattern="^[a-z]$")], int],
]

DOCUMENTS = [
    *("null", "true", "false", "0", "1", "-1", "1.0", "1.5", "-0.0", "0.5", "1e2", "1e300", "5", "10"),
    *("100000000000000000000000", "-9223372036854775809", "1e999", "NaN", '"NaN"', '"Infinity"'),
    *('""', '"a"', '"red"', '"RED"', '"1"', '"1.50"', '"1e5"', '" 1 "', '"é"', '"日本語"', '"\\u0000"'),
    *('"\\ud800"', '"abcdefghijklmnopqrstuvwxyz"', '"[a"', '"a/b"'),
    *('"2020-01-01"', '"2020-02-30"', '"2020-01-01T00:00:00"', '"2020-01-01T00:00:00Z"', '"1577836800"'),
    *('"2020-01-01T00:00:00+02:00"', '"2020-01-01 00:00"', '"2020-01-01T24:00:00Z"', '"10:00"', '"25:00"'),
    *('"10:00:00Z"', '"P1D"', '"PT1H"', '"P1X"', '"1 day"'),
    *('"12345678-1234-4678-9234-567812345678"', '"12345678123446789234567812345678"'),
    *('"urn:uuid:12345678-1234-4678-9234-567812345678"', '"12345678-1234-1678-9234-567812345678"'),
    *('"AAA="', '"AA"', '"A"', '"+/8="', '"_-8="'),
    *('"http://a.b/c"', '"HTTP://a.b"', '"ftp://a.b"', '"http:"', '"127.0.0.1"', '"::1"', '"127.0.0.0/8"'),
    *("[]", "[1]", "[1,1]", "[1,2,3]", '["a"]', '[1,"a"]', "[1.0]", "[true]", "[null]", "[[1]]", "[NaN]"),
    *("{}", '{"a":1}', '{"a":1.0}', '{"a":"1"}', '{"a":1,"b":"x"}', '{"a":1,"b":null}', '{"a":1,"z":1}'),
    *('{"a":1,"a":1}', '{"A":1}', '{"1":1}', '{"1.0":1}', '{"01":1}', '{" 1":1}', '{"true":1}', '{"red":1}'),
    *(
        '{"2020-01-01":1}',
        '{"x":1}',
        '{"x":1,"y":2}',
        '{"x":1.0,"y":2.5}',
        '{"x":1,"y":"2"}',
        '{"x":1,"z":2}',
    ),
    *('{"kind":"cat"}', '{"kind":"dog","n":"a"}', '{"kind":"dog","n":1}', '{"n":1}', '{"kind":"cow"}'),
    *('{"v":1}', '{"v":1,"kids":[{"v":2}]}', '{"v":1,"kids":[{"v":"2"}]}', '{"v":1,"kids":[{"v":2,"w":1}]}'),
    *('{"a":1,"p":{"x":1}}', '{"a":1,"p":{"x":1,"q":2}}', '{"a":1,"p":{"x":false}}', '{"a":1,"p":null}'),
]

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 12)
    | st.sampled_from([0.5, 1.0, 1e20])
    | st.sampled_from(["", "a", "x", "cat", "dog", "red", "2020-01-01", "AA", "1"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["a", "b", "p", "x", "y", "v", "kids", "kind", "n", "1"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


def judges(kind: object) -> tuple[PayloadType, StoredSchema]:
    fields = {"v": Parameter(kind, REQUIRED), "w": Parameter(int, 5)}
    signature = Signature(takes_context=False, fields=fields, positional=(), returns=None)
    payload = PayloadType("job", signature)
    return payload, StoredSchema(json.dumps(payload.schema))


def accepted_by_type(payload: PayloadType, data: bytes) -> bool:
    try:
        payload.check(data)
    except InvalidInput:
        return False
    return True


def accepted_by_schema(schema: StoredSchema, data: bytes) -> bool:
    try:
        schema.check("job", data)
    except InvalidInput:
        return False
    return True


def disagreements(kind: object, documents: list[bytes]) -> list[bytes]:
    payload, schema = judges(kind)
    return [data for data in documents if accepted_by_type(payload, data) != accepted_by_schema(schema, data)]


@pytest.mark.parametrize("kind", TYPES, ids=str)
def test_type_and_schema_agree_on_every_value(kind: object) -> None:
    assert disagreements(kind, [f'{{"v":{document}}}'.encode() for document in DOCUMENTS]) == []


@pytest.mark.parametrize(
    "document",
    ["", "null", "[]", "{}", '{"w":1}', '{"v":1}', '{"v":1,"w":null}', '{"v":1,"w":"1"}', '{"v":1,"x":1}'],
)
def test_type_and_schema_agree_on_every_shape_of_a_payload(document: str) -> None:
    assert disagreements(int, [document.encode()]) == []


@given(value=json_values, kind=st.sampled_from(TYPES))
@settings(max_examples=300, deadline=None)
def test_type_and_schema_agree_on_values_that_nobody_thought_of(value: object, kind: object) -> None:
    assert disagreements(kind, [json.dumps({"v": value}).encode()]) == []


@pytest.mark.parametrize("kind", TYPES, ids=str)
def test_what_is_loaded_can_be_submitted_again_and_is_the_same(kind: object) -> None:
    payload, _ = judges(kind)
    documents = [f'{{"v":{document}}}'.encode() for document in DOCUMENTS]
    loaded = [payload.load(data) for data in documents if accepted_by_type(payload, data)]

    assert loaded
    assert [payload.load(payload.dump((), value)) for value in loaded] == loaded
