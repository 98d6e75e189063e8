"""The suite itself: each store has the same tests, and none is left out."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.conformance.stores import EVERYWHERE, SHARED

HERE = Path(__file__).parent


def collected() -> dict[str, set[str]]:
    """Return the ids of the suite's tests by store, without the store's name."""
    options = ["-q", "--collect-only", "-m", "proof or not proof", "-p", "no:cacheprovider", "-p", "no:xdist"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(HERE)],
        cwd=HERE.parents[1],
        # What is added to a run from outside changes how the list is written.
        env={name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, set[str]] = {store: set() for store in EVERYWHERE}
    for test in run.stdout.splitlines():
        for store in EVERYWHERE:
            pattern = rf"(?<=[\[-]){store}(?=[\]-])"
            if "::" in test and re.search(pattern, test):
                found[store].add(re.sub(pattern, "STORE", test, count=1))
    return found


def needs_sharing() -> set[str]:
    """Return the names of the tests that ask for several connections."""
    text = "\n".join(path.read_text("utf-8") for path in HERE.glob("test_*.py"))
    return set(re.findall(r"def (test_\w+)\([^)]*\b(?:fresh_)?shared_(?:world|place)\b", text))


def test_each_store_has_the_same_tests() -> None:
    found = collected()
    shared = needs_sharing()

    first, *others = (found[store] for store in SHARED)
    assert len(first) > 500
    assert all(other == first for other in others)
    for store in set(EVERYWHERE) - set(SHARED):
        left_out = first - found[store]
        assert found[store] <= first
        assert {re.split(r"::|\[", test)[1] for test in left_out} == shared


def test_no_test_names_a_store_or_is_left_out() -> None:
    words = re.compile(
        "|".join(
            [
                "sql" + "ite",
                "post" + "gres",
                "async" + "pg",
                "psy" + "copg",
                r"\bsk" + r"ip(?!ped)",
                "xf" + "ail",
            ]
        ),
        re.IGNORECASE,
    )
    may_know = {"conftest.py", "stores.py"}

    guilty = {
        path.name: words.findall(path.read_text("utf-8"))
        for path in HERE.glob("*.py")
        if path.name not in may_know and words.search(path.read_text("utf-8"))
    }

    assert guilty == {}
