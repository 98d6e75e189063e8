from __future__ import annotations

import re

import pytest

from beltline.core.reasons import Reason


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_code_is_its_name_in_lower_case(reason: Reason) -> None:
    assert reason.value == reason.name.lower()
    assert re.fullmatch(r"[a-z_]+", reason.value)
