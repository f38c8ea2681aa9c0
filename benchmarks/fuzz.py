"""Fuzz the readers of foreign input for long: `python benchmarks/fuzz.py [--seconds N] [TARGET...]`.

Prints executions and finds of each target. An input that escapes is written to tests/fuzz/corpus/TARGET, from
where every later test run begins.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from pathlib import Path

TESTS = Path(__file__).parents[1] / "tests" / "fuzz"
sys.path.insert(0, str(TESTS))

from fuzz_mutation import mutations  # noqa: E402
from fuzz_targets import TARGETS, seeds  # noqa: E402


def run(name: str, seconds: float, seed: int) -> tuple[int, dict[str, bytes]]:
    """Executions, and one input for each place an exception came from."""
    finds: dict[str, bytes] = {}
    end = time.monotonic() + seconds
    count = 0
    for data in mutations(seeds(name), seed):
        count += 1
        try:
            TARGETS[name](data)
        except Exception as error:  # noqa: BLE001  finding these is the purpose
            finds.setdefault(_origin(error), data)
        if time.monotonic() > end:
            break
    return count, finds


def _origin(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"
    return f"{type(error).__name__} at {place}: {str(error)[:120]}"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("targets", nargs="*", default=list(TARGETS))
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    found = 0
    for name in options.targets:
        count, finds = run(name, options.seconds, options.seed)
        print(f"{name:10} {count:9} executions, {len(finds)} finds, seed {options.seed}", flush=True)
        for origin, data in finds.items():
            file = TESTS / "corpus" / name / f"find-{hashlib.sha256(data).hexdigest()[:12]}"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
            print(f"  {origin}\n    {file.relative_to(TESTS.parents[1])}")
        found += len(finds)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
