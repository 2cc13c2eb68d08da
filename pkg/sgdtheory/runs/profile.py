"""The two sizes of every experiment: ``quick`` (the default) and ``full``.

The environment variable ``SGDTHEORY_PROFILE`` chooses.  Quick runs on real data within
seconds on one core; full runs the sizes of the source, on a GPU if there is one.
"""

import os
from collections.abc import Iterable, Iterator
from typing import TypeVar

from sgdtheory import _validate as check

T = TypeVar("T")
VARIABLE = "SGDTHEORY_PROFILE"
PROFILES = ("quick", "full")


def current() -> str:
    """``"quick"`` or ``"full"``.

    Raises
    ------
    ValueError
        ``SGDTHEORY_PROFILE`` is set to anything else.
    """
    return check.one_of(VARIABLE, os.environ.get(VARIABLE, "quick"), PROFILES)


def pick(*, quick: T, full: T) -> T:
    """The one of two values that belongs to the current profile."""
    return quick if current() == "quick" else full


def progress(items: Iterable[T], what: str = "") -> Iterator[T]:
    """``items``, with a progress bar on stderr in the full profile and none in quick."""
    if current() == "quick":
        return iter(items)
    from tqdm import tqdm

    return iter(tqdm(items, desc=what))
