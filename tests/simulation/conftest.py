"""What every simulation needs."""

from __future__ import annotations

import logging

import pytest


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Thousands of lost workers need no line each."""
    caplog.set_level(logging.ERROR, logger="beltline")
