from __future__ import annotations

from hypothesis import given, strategies as st

from beltline.core.codec import dump_json
from beltline.objects.reference import MARK, Reference, is_reference, reference_of

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text("ab"),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("ab"), inner),
)


def test_a_reference_reads_back_as_it_was_packed() -> None:
    reference = Reference("own/default/20260101/job/" + "0" * 64, "f" * 64, 70_000, sealed=True)

    packed = reference.packed()

    assert packed[0] == MARK
    assert is_reference(packed)
    assert reference_of(packed) == reference


@given(JSON, st.sampled_from([b"", b" ", b"\n", b"\t", b"\r"]))
def test_no_json_is_taken_for_a_reference(value: object, space: bytes) -> None:
    assert not is_reference(space + dump_json(value))


def test_what_is_not_there_is_no_reference() -> None:
    assert not is_reference(None)
    assert not is_reference(b"")
