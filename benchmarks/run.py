"""Run the benchmarks: ``python benchmarks/run.py [NAME ...]``; one JSON line a case.

A case is a ratio of two things measured side by side in this very process, minimum of
seven repeats.  The exit code is 1 if a ratio misses its bound.
"""

import json
import sys
from importlib import import_module
from pathlib import Path

NAMES = (
    "langevin", "first_passage", "ensemble_cost", "student_t", "gradient_trace", "msd",
    "stable", "replicas", "fluctuations", "coverage",
)  # fmt: skip


def main(names: list[str]) -> int:
    """Print the cases of the named modules (default: all); 1 if a bound is missed."""
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"benchmarks must be of {NAMES}, got {unknown}; pick from these", file=sys.stderr)
        return 2
    sys.path.insert(0, str(Path(__file__).parent))
    missed = 0
    for name in names or NAMES:
        for case in import_module(name).cases():
            within = case["ratio"] <= case["bound"]
            missed += not within
            print(json.dumps({**case, "within": within}), flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
