"""One measurement over a grid of settings, in parallel, each result kept as it arrives.

The parallel part is joblib's, so that the same sweep runs on the cores of one machine or on
a cluster, as ``joblib.parallel_config`` says around the call::

    with joblib.parallel_config(backend="loky", n_jobs=4):      # or "dask", or "ray"
        found = sweep.run(measure, {"eta": [0.1, 0.2], "seed": range(3)}, name="rates")

Without it the settings run one after the other.  Results travel back to the process that
called and are stored there: workers need no common disk.
"""

import itertools
import json
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sgdtheory._files import sha256, write_atomic
from sgdtheory.runs import profile, results

Setting = dict[str, Any]


@dataclass(frozen=True)
class Failure:
    """What was raised for a setting: ``error`` in one line, ``trace`` in full."""

    error: str
    trace: str


@dataclass
class Sweep:
    """Results of a sweep, in the order of the grid.

    Attributes
    ----------
    done : pairs of setting and stored result
    failed : pairs of setting and `Failure`
    """

    done: list[tuple[Setting, results.Result]] = field(default_factory=list)
    failed: list[tuple[Setting, Failure]] = field(default_factory=list)

    def column(self, name: str) -> np.ndarray:
        """An array of all results by its name, or a setting's value: one row per result."""
        return np.stack(
            [
                np.asarray(setting[name]) if name in setting else result.arrays[name]
                for setting, result in self.done
            ]
        )


def run(
    measure: Callable[..., Mapping[str, Any]],
    grid: Mapping[str, Iterable] | Iterable[Mapping[str, Any]],
    *,
    name: str,
    folder: str | Path | None = None,
) -> Sweep:
    """``measure(**setting)`` for each setting of the grid that has no stored result yet.

    Parameters
    ----------
    measure : gives named arrays; what it draws must come from its setting (``seed=...``).  It
        is sent to the workers: pass a function of a module, no lambda, for all backends
    grid : name -> values, of which every combination is taken; or the settings themselves.
        Values are plain numbers, strings and lists of them
    name : results are stored as ``NAME-DIGEST`` of the setting by `results.save`: **a new
        name for another measure**, or what is stored is taken for its result
    folder : where they lie; None is ``results/``

    A setting that fails is kept aside: it is named in ``Sweep.failed``, its traceback lies in
    ``NAME-DIGEST.failed.txt`` until it succeeds, and the next call tries it again.  An
    interrupted sweep keeps what has arrived.  In the full profile a bar shows the progress.

    Raises
    ------
    ValueError
        An empty grid, or a setting that occurs twice.
    TypeError
        A grid or a setting of another kind.
    Damaged
        A stored result that is not whole.
    """
    from joblib import Parallel, delayed

    listed = _settings(grid)
    settings = {f"{name}-{_digest(s)}": s for s in listed}
    if len(settings) < len(listed):
        raise ValueError(
            f"the settings must differ, got {len(listed)} of which {len(settings)} do; "
            "add a seed to those that repeat"
        )
    stored = {stem: results.load(stem, folder=folder) for stem in settings}
    todo = {stem: s for stem, s in settings.items() if stored[stem] is None}
    outcomes = Parallel(return_as="generator_unordered")(
        delayed(_outcome)(measure, stem, setting) for stem, setting in todo.items()
    )
    failures = {}
    for _, (stem, found) in zip(profile.progress(todo, name), outcomes, strict=True):
        if isinstance(found, Failure):
            failures[stem] = found
            text = f"{settings[stem]}\n{found.trace}"
            write_atomic(_aside(stem, folder), text.encode())
        else:
            setting = settings[stem]
            results.save(
                stem, found, {"seed": setting.get("seed"), "setting": setting}, folder=folder
            )
            _aside(stem, folder).unlink(missing_ok=True)
            stored[stem] = results.load(stem, folder=folder)
    return Sweep(
        done=[(s, kept) for stem, s in settings.items() if (kept := stored[stem]) is not None],
        failed=[(settings[stem], failures[stem]) for stem in settings if stem in failures],
    )


def _outcome(measure: Callable, stem: str, setting: Setting) -> tuple[str, Any]:
    """Arrays, or a `Failure`: what travels back from a worker."""
    try:
        found = measure(**setting)
        if not isinstance(found, Mapping) or not found:
            raise TypeError(
                f"measure must give named arrays, got {type(found).__name__}; return a dict"
            )
        return stem, {k: np.asarray(a) for k, a in found.items()}
    except Exception as error:
        line = f"{type(error).__name__}: {error}"
        return stem, Failure(line, traceback.format_exc())


def _settings(grid: Mapping[str, Iterable] | Iterable[Mapping[str, Any]]) -> list[Setting]:
    if isinstance(grid, Mapping):
        values = [list(v) for v in grid.values()]
        found = [dict(zip(grid, row, strict=True)) for row in itertools.product(*values)]
    else:
        found = [dict(setting) for setting in grid]
    if not found or not all(found):
        raise ValueError(
            f"a grid must hold >= 1 setting of >= 1 value, got {found}; pass name -> values"
        )
    return found


def _digest(setting: Setting) -> str:
    try:
        text = json.dumps(setting, sort_keys=True, default=float, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise TypeError(
            "a setting must hold plain finite numbers, strings and lists of them, got "
            f"{setting} ({error}); name what is not plain, and look it up in the measure"
        ) from None
    return sha256(text.encode())[:10]


def _aside(stem: str, folder: str | Path | None) -> Path:
    return Path(folder or results._results_folder()) / f"{stem}.failed.txt"
