"""Every reader of foreign input, some seconds each, from the kept corpus: an input is answered, or refused with a sentence.

`LABGEN_FUZZ_SECONDS` sets the seconds, `LABGEN_FUZZ_SEED` where to begin; a find is written to the corpus' folder by `benchmarks/fuzz.py`.
"""

from __future__ import annotations

import os
import time

import pytest
from fuzz_mutation import mutations
from fuzz_targets import TARGETS, seeds

SECONDS = float(os.environ.get("LABGEN_FUZZ_SECONDS", "10" if os.environ.get("CI") else "2"))
SEED = int(os.environ.get("LABGEN_FUZZ_SEED", "0"))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:__int__ returned non-int:DeprecationWarning")  # ipaddress, given `true`
@pytest.mark.parametrize("name", TARGETS)
def test_whatever_comes_is_answered_or_refused(name: str) -> None:
    target, kept = TARGETS[name], seeds(name)
    assert kept, "a target without a corpus tests nothing"
    end = time.monotonic() + SECONDS
    for number, data in enumerate(mutations(kept, SEED)):
        if number >= len(kept) and time.monotonic() > end:
            break
        try:
            target(data)
        except BaseException as error:
            raise AssertionError(f"{name} input {number} of seed {SEED}: {data[:2000]!r}") from error
