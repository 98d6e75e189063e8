from __future__ import annotations

import pytest

from beltline.core.errors import InvalidInput
from beltline.core.expression import Expression

GIVEN: dict[str, object] = {
    "body": {
        "id": 7,
        "paid": True,
        "city": "Kyiv",
        "rate": 1.5,
        "items": [{"sku": "a"}, {"sku": "b"}],
        "tags": ["new", 1],
        "odd-name": "x",
        "count": "12",
    },
    "headers": {"x-kind": "push"},
}


def value(text: str) -> object:
    return Expression(text, names=("body", "headers")).value(GIVEN)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("body.id", 7),
        ("body.items[1].sku", "b"),
        ("body.items[-1].sku", "b"),
        ("body.items[9].sku", None),
        ("body['odd-name']", "x"),
        ("body.missing.deeper", None),
        ("headers['x-kind'] == 'push' and body.id > 3", True),
        ("body.id > 3 and body.city", "Kyiv"),
        ("body.missing or 'none'", "none"),
        ("not body.paid", False),
        ("body.paid == 1", False),
        ("body.id == 7.0", True),
        ("'new' in body.tags", True),
        ("true in body.tags", False),
        ("'yi' in body.city", True),
        ("'id' in body", True),
        ("1 < body.rate <= 2", True),
        ("-body.id", -7),
        ("lower(body.city)", "kyiv"),
        ("upper(text(body.id))", "7"),
        ("number(body.count) >= 12", True),
        ("length(body.items)", 2),
        ("default(body.missing, null)", None),
        ("default(body.missing, 'x')", "x"),
        ("body.items", [{"sku": "a"}, {"sku": "b"}]),
    ],
)
def test_expressions_say_what_they_say(text: str, found: object) -> None:
    assert value(text) == found
    assert type(value(text)) is type(found)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "body.",
        "import os",
        "secrets.key",
        "body.__class__()",
        "(lambda: 1)()",
        "[x for x in body.items]",
        "open('/etc/passwd')",
        "lower(body.city, 1)",
        "lower(value=body.city)",
        "body.city.format()",
        "f'{body}'",
        "body.id ** 999999",
        "'a' * 999999999",
        "body if body else 1",
        "body := 1",
        "b'bytes'",
        "1j",
        "...",
        "body.items[0:1]",
        "~body.id",
        "body is null",
        "not " * 40 + "body",
        "(" * 300 + "1" + ")" * 300,
        "'" + "x" * 600 + "'",
        7,
    ],
)
def test_what_is_not_of_the_language_is_refused(text: object) -> None:
    with pytest.raises(InvalidInput, match="use paths"):
        Expression(text, names=("body", "headers"))


def test_python_s_own_names_are_only_names_of_fields() -> None:
    assert value("body.__class__") is None
    assert value("body.items.append") is None
    assert value("body.city.upper") is None


@pytest.mark.parametrize("text", ["body.city < 3", "lower(body.items)", "length(body.id)", "-body.city"])
def test_what_cannot_be_worked_out_is_told(text: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be worked out here"):
        value(text)
