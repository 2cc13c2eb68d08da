"""Results with their provenance: records of a notebook, and stored full-size results.

``record`` states one measured number with the band that it must fall into.  In a notebook
the number rides in the metadata of the cell's output (under `MIME`), from where the
book's ledger collects it; what is printed is a line of words, the same on every machine.

``save`` and ``load`` keep arrays (npz) beside a manifest (json) of device, date, versions,
commit and checksum.  Both files appear whole or not at all.
"""

import datetime
import json
import math
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from sgdtheory import _validate as check
from sgdtheory._files import Damaged, npz_arrays, npz_bytes, read_checked, sha256, write_atomic
from sgdtheory.estimate import Estimate
from sgdtheory.runs import device, profile

MIME = "application/vnd.sgdtheory.record+json"
PACKAGED = Path(__file__).parents[1] / "data" / "results"
SUMMARY_LIMIT = 100_000
GATE = 4.0


def record(
    id: str,
    estimate: Estimate,
    *,
    name: str,
    band: tuple[float, float],
    unit: str = "",
    paper: tuple[str, tuple[float, float]] | None = None,
    **context: Any,
) -> bool:
    """State a measured value and whether it lies in ``band``; returns the verdict.

    The verdict is PASS when some value within four standard errors of the estimate lies in
    the band.  Choose the band beforehand, as what would refute the statement: an estimate
    too blunt to miss it, whose four standard errors are wider than the band, is refused.

    Parameters
    ----------
    id : statement, such as ``"PLD-P1"``
    estimate : value, standard error, sample size; standard error 0 for an exact number
    name : what was measured, in words
    band : lowest and highest admissible value; one end may be infinite, and two equal
        ends state a point, met within four standard errors
    unit : of the value; empty for a pure number
    paper : for a number that a paper claims: that number as text, and the band in which its
        claim counts as reproduced; ``{claims}`` in the book then gives the verdict
    context : anything else worth keeping with it (plain numbers and strings)

    Raises
    ------
    ValueError
        An empty or two-sided infinite band, a NaN, an estimate blunter than its band.
    """
    low, high = _band(band)
    if paper is not None:
        number, claimed = paper
        context["paper"] = {"number": str(number), "band": _ends(_band(claimed))}
    if not isinstance(estimate, Estimate):
        raise TypeError(
            f"estimate must be an Estimate, got {type(estimate).__name__}; "
            "an exact number is Estimate(value, 0, 1)"
        )
    if not isinstance(id, str) or "-" not in id:
        raise ValueError(f'id must be a statement\'s, such as "PLD-P1", got {id!r}; name one')
    value, stderr = check.real("estimate.value", estimate.value), float(estimate.stderr)
    blunt = low < high and GATE * stderr > high - low
    if blunt or not math.isfinite(stderr):
        raise ValueError(
            f"four standard errors must not exceed the width of the band {band}, got "
            f"stderr {stderr:.3g}; draw more, or judge a sharper quantity"
        )
    passed = low - GATE * stderr <= value <= high + GATE * stderr
    verdict = _words(name, unit, band, passed, stderr > 0)
    row = {
        "id": id, "name": name, "value": value, "stderr": stderr, "n": estimate.n,
        "unit": unit, "profile": profile.current(), "verdict": "PASS" if passed else "FAIL",
        "band": _ends((low, high)), **context,
    }  # fmt: skip
    _show(json.loads(_plain("context", row)), verdict)
    return passed


def _ends(band: tuple[float, float]) -> list[float | None]:
    return [None if math.isinf(b) else b for b in band]


def _plain(name: str, facts: dict[str, Any], **layout: Any) -> str:
    """JSON of plain numbers and strings."""
    try:
        return json.dumps(facts, default=float, allow_nan=False, **layout)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"{name} must hold plain finite numbers, strings and lists of them, got {error}; "
            "convert the value, or leave it out"
        ) from None


def _band(band: tuple[float, float]) -> tuple[float, float]:
    try:
        low, high = (float(b) for b in band)
    except (TypeError, ValueError):
        raise TypeError(
            f"band must be two numbers (low, high), got {band!r}; an open end is math.inf"
        ) from None
    if not low <= high or (math.isinf(low) and math.isinf(high)):
        raise ValueError(
            f"band must be (low, high) with low <= high and one end finite, got {band}; "
            "state what would refute the claim"
        )
    return low, high


def _words(name: str, unit: str, band: tuple[float, float], passed: bool, random: bool) -> str:
    low, high = (f"{b:.10g} {unit}".strip() for b in band)
    verdict, verb = ("PASS", "is") if passed else ("FAIL", "is not")
    if band[0] == band[1]:
        return f"{verdict}: {name} {verb} {'within 4 s.e. of ' if random else ''}{low}"
    if math.isinf(band[1]):
        where = f"above {low}"
    elif math.isinf(band[0]):
        where = f"below {high}"
    else:
        where = f"between {low} and {high}"
    error = " within 4 s.e." if random else ""
    return f"{verdict}: {name} {verb} {where}{error}"


def _show(row: dict[str, Any], verdict: str) -> None:
    if "IPython" in sys.modules:
        from IPython import get_ipython
        from IPython.display import display

        if get_ipython() is not None:
            display({"text/plain": verdict}, raw=True, metadata={MIME: row})
            return
    print(verdict)


@dataclass(frozen=True)
class Result:
    """A stored result: ``arrays`` by name, and its ``manifest``."""

    arrays: dict[str, np.ndarray]
    manifest: dict[str, Any]


def save(
    name: str,
    arrays: dict[str, np.ndarray],
    manifest: dict[str, Any],
    *,
    folder: str | Path | None = None,
) -> Path:
    """Write ``arrays`` and a manifest as ``folder/name.npz`` and ``.json``; returns the npz.

    ``manifest`` must hold ``seed`` (None for a result without draws); device, date, profile,
    versions, commit and the SHA-256 of the npz are added.  The default folder is
    ``results/`` of the checkout, or of the working folder outside one.

    Raises
    ------
    ValueError
        No arrays, no seed in the manifest, a name that is not a plain file stem.
    TypeError
        An array of objects; a manifest of more than plain numbers and strings.
    """
    for what, given in (("arrays", arrays), ("manifest", manifest)):
        if not isinstance(given, dict):
            raise TypeError(f"{what} must be a dict, got {type(given).__name__}; pass one")
    if not arrays:
        raise ValueError("arrays must hold >= 1 array, got none; pass what was measured")
    if "seed" not in manifest:
        raise ValueError(
            f"manifest must hold 'seed', got {sorted(manifest)}; "
            "state the seed, or None where nothing is drawn"
        )
    path = Path(folder or _results_folder()) / f"{_stem(name)}.npz"
    data = npz_bytes({k: np.asarray(a) for k, a in arrays.items()})
    facts = {**manifest, **_provenance(), "sha256": sha256(data)}
    text = _plain("manifest", facts, indent=1)
    write_atomic(path, data)
    write_atomic(path.with_suffix(".json"), f"{text}\n".encode())
    return path


def load(name: str, *, folder: str | Path | None = None) -> Result | None:
    """A stored result, or None where there is no stored result of that name.

    Looks in ``folder``, or else in ``results/`` of the checkout and then among the
    summaries in the package.

    Raises
    ------
    Damaged
        The npz has not the checksum of its manifest, or one of the two files is missing.
    """
    folders = [Path(folder)] if folder else [_results_folder(), PACKAGED]
    for place in folders:
        path = place / f"{_stem(name)}.npz"
        beside = path.with_suffix(".json")
        if not path.exists() and not beside.exists():
            continue
        try:
            manifest = json.loads(beside.read_text())
            data = read_checked(path, manifest["sha256"])
        except (FileNotFoundError, UnicodeError, json.JSONDecodeError, KeyError,
                TypeError) as error:  # fmt: skip
            raise Damaged(
                f"{path.name} and {beside.name} must lie side by side and be whole, got "
                f"{type(error).__name__}: {error}; restore both or remove both"
            ) from error
        return Result(npz_arrays(data), manifest)
    return None


def _stem(name: str) -> str:
    if not name or Path(name).name != name or name.startswith("."):
        raise ValueError(
            f"name must be a plain file stem, got {name!r}; use letters and digits"
        )
    return name


def _checkout() -> Path | None:
    root = Path(__file__).parents[3]
    return root if (root / "pyproject.toml").is_file() and (root / "pkg").is_dir() else None


def _results_folder() -> Path:
    return (_checkout() or Path.cwd()) / "results"


def _commit() -> str | None:
    """Commit of the checkout, ``+changes`` where files differ from it; None outside one."""
    root = _checkout()
    if root is None:
        return os.environ.get("SGDTHEORY_COMMIT")
    try:
        head, dirty = (
            subprocess.run(
                ["git", *ask], cwd=root, capture_output=True, text=True, timeout=10, check=True
            ).stdout.strip()
            for ask in (["rev-parse", "HEAD"], ["status", "--porcelain", "-uno"])
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return head + ("+changes" if dirty else "")


def _provenance() -> dict[str, Any]:
    packages = ("sgdtheory", "numpy", "scipy", "torch")
    return {
        "device": device.describe(),
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "profile": profile.current(),
        "versions": {"python": platform.python_version()}
        | {p: metadata.version(p) for p in packages},
        "commit": _commit(),
    }
