from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from beltline.executors.process.frames import Frame, Frames, Kind

HEADS = st.dictionaries(st.text(), st.integers() | st.text() | st.none(), max_size=3)
FRAMES = st.lists(st.builds(Frame, st.sampled_from(Kind), HEADS, st.binary(max_size=50)), max_size=5)


@given(FRAMES, st.integers(1, 40))
def test_frames_come_out_as_they_went_in_however_the_stream_is_cut(frames: list[Frame], step: int) -> None:
    data = b"".join(frame.encoded() for frame in frames)
    reader = Frames()

    found = [frame for at in range(0, len(data), step) for frame in reader.take(data[at : at + step])]

    assert found == frames


def test_a_stream_that_is_none_of_ours_is_refused() -> None:
    with pytest.raises(ValueError, match="99 is not a valid Kind"):
        list(Frames().take(b"\x63" + bytes(8)))
