from __future__ import annotations

import pytest

from beltline.core.failure import read_failure
from beltline.executors.process.endings import died


def test_equal_crashes_have_one_fingerprint_and_others_another() -> None:
    def fingerprint(line: int, name: str) -> str:
        trace = f'Fatal Python error: Aborted\n\nStack:\n  File "/a.py", line {line} in {name}\n'
        failure = read_failure(died(-6, trace).error)
        assert failure is not None
        return failure["fingerprint"]

    assert fingerprint(1, "one") == fingerprint(2, "one") != fingerprint(1, "two")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, "exited with code 0"),
        (-34, "was ended by SIGRTMIN"),
        (-50, "was ended by signal 50"),
        (None, "ended in an unknown way"),
    ],
)
def test_every_end_has_words(code: int | None, words: str) -> None:
    failure = read_failure(died(code).error)

    assert failure is not None
    assert failure["message"] == f"the process {words} while it ran this job"
