"""The JSON Schema of a type, made so that the stored schema and the type itself accept the same JSON.

A JSON Schema cannot say, and so accepts more than the type: a developer's own validators, bounds on dates and
on the text form of decimals, lengths of bytes and of sets after repeated items.
"""

from __future__ import annotations

from collections.abc import Iterable

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, JsonSchemaWarningKind
from pydantic_core import core_schema


class Notes:
    """What was met while a schema was made.

    `holds_any`: parts take any JSON. `holds_exact_numbers`: pydantic takes true for Literal[1] and 1 for
    Literal[True], because they are equal in Python; in JSON and in its schemas they are not.
    """

    def __init__(self) -> None:
        self.holds_any = False
        self.holds_exact_numbers = False


def noting(notes: Notes) -> type[GenerateJsonSchema]:
    """Return a generator class that writes into `notes`."""
    return type("NotedJsonSchema", (StrictJsonSchema,), {"notes": notes})


class ClosedObjects(GenerateJsonSchema):
    """How objects become schemas: no name that the type does not know."""

    notes: Notes

    def typed_dict_schema(self, schema: core_schema.TypedDictSchema) -> JsonSchemaValue:
        """Refuse names that are not fields."""
        return _closed(super().typed_dict_schema(schema))

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Refuse names that are not fields, whatever the model's own configuration says."""
        return _closed(super().model_schema(schema))

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonSchemaValue:
        """Refuse names that are not fields."""
        return _closed(super().dataclass_schema(schema))

    def named_tuple_schema(self, schema: core_schema.NamedTupleSchema) -> JsonSchemaValue:
        """Accept the object of the fields too, as the type does."""
        array = super().named_tuple_schema(schema)
        names = [field["name"] for field in schema["fields"]]
        fields = {
            "type": "object",
            "properties": dict(zip(names, array.get("prefixItems", []), strict=True)),
            "required": names[: array.get("minItems", 0)],
            "additionalProperties": False,
        }
        return {"anyOf": [array, fields]}

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """Hold the names of an object to the type of the keys."""
        keys = self.generate_inner(schema["keys_schema"]) if "keys_schema" in schema else {}
        values = self.generate_inner(schema["values_schema"]) if "values_schema" in schema else {}
        # Keys of several types may become one name (1 and "1"): then the JSON is looked at again.
        self.notes.holds_any |= not values or keys.get("type") != "string"
        found: JsonSchemaValue = {"type": "object", "additionalProperties": values or True}
        names = _as_names(keys)
        if names:
            found["propertyNames"] = names
        self.update_with_validations(found, schema, self.ValidationsMapping.object)
        return found

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> JsonSchemaValue:
        """Require the tag, also where the branches have a default for it."""
        found = super().tagged_union_schema(schema)
        name = found.get("discriminator", {}).get("propertyName")
        return {**found, "required": [name]} if name else found


class StrictJsonSchema(ClosedObjects):
    """Makes one JSON Schema 2020-12 of a type and writes into `notes` what it meets."""

    def emit_warning(self, kind: JsonSchemaWarningKind, detail: str) -> None:
        """Say nothing: a default that JSON cannot show is left out of the schema, and that is all."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - pydantic's signature
        """Give no titles to fields: they only repeat the name."""
        return False

    def any_schema(self, schema: core_schema.AnySchema) -> JsonSchemaValue:
        """Note that there is a part that takes any JSON."""
        self.notes.holds_any = True
        return super().any_schema(schema)

    def literal_schema(self, schema: core_schema.LiteralSchema) -> JsonSchemaValue:
        """Note literals that are numbers or booleans."""
        self._note_numbers(schema["expected"])
        return super().literal_schema(schema)

    def enum_schema(self, schema: core_schema.EnumSchema) -> JsonSchemaValue:
        """Note members that are numbers or booleans."""
        self._note_numbers([member.value for member in schema["members"]])
        return super().enum_schema(schema)

    def generator_schema(self, schema: core_schema.GeneratorSchema) -> JsonSchemaValue:
        """Refuse iterators: they are checked while the body runs, not when the job is submitted."""
        return self.handle_invalid_for_json_schema(
            schema, "an iterable that is read once; use list or Sequence"
        )

    def set_schema(self, schema: core_schema.SetSchema) -> JsonSchemaValue:
        """Accept repeated items, as the type does."""
        return _repeatable(super().set_schema(schema))

    def frozenset_schema(self, schema: core_schema.FrozenSetSchema) -> JsonSchemaValue:
        """Accept repeated items, as the type does."""
        return _repeatable(super().frozenset_schema(schema))

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        """Accept the text form of a decimal only where it is one."""
        found = super().decimal_schema(schema)
        for branch in found.get("anyOf", [found]):
            if branch.get("type") == "string":
                branch["format"] = "decimal"
        return found

    def bytes_schema(self, schema: core_schema.BytesSchema) -> JsonSchemaValue:
        """Leave lengths out: they count bytes, the JSON holds base64 text."""
        found = super().bytes_schema(schema)
        return {name: value for name, value in found.items() if name not in {"minLength", "maxLength"}}

    def url_schema(self, schema: core_schema.UrlSchema) -> JsonSchemaValue:
        """Hold a URL to the schemes that its type allows."""
        found = super().url_schema(schema)
        schemes = schema.get("allowed_schemes")
        if schemes:
            found["pattern"] = f"^({'|'.join(_any_case(scheme) for scheme in schemes)}):"
        return found

    def _note_numbers(self, values: Iterable[object]) -> None:
        self.notes.holds_exact_numbers |= any(isinstance(value, int | float) for value in values)


def _closed(schema: JsonSchemaValue) -> JsonSchemaValue:
    if "properties" in schema:
        schema["additionalProperties"] = False
    return schema


def _repeatable(schema: JsonSchemaValue) -> JsonSchemaValue:
    schema.pop("uniqueItems", None)
    return schema


def _as_names(schema: JsonSchemaValue) -> JsonSchemaValue:
    """Return the schema of keys as one of names, which are texts: a key 5 is the name "5"."""
    if "anyOf" in schema:
        return {"anyOf": [_as_names(branch) for branch in schema["anyOf"]]}
    kind = schema.get("type")
    if kind in {"integer", "number", "boolean"}:
        return {"format": kind}
    return {name: value for name, value in schema.items() if name not in {"type", "title"}}


def _any_case(scheme: str) -> str:
    return "".join(f"[{char.lower()}{char.upper()}]" if char.isalpha() else f"\\{char}" for char in scheme)
