"""A limit of time for work in this thread, on every system that runs CPython."""

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class OutOfTime(BaseException):
    """Not an ``Exception``: no handler inside sympy may swallow it."""


def _interrupt(thread: int, exception: type[BaseException] | None) -> None:
    """Have ``exception`` raised in a thread; None takes back one that is still to come."""
    what = None if exception is None else ctypes.py_object(exception)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), what)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise :class:`OutOfTime` in this thread once ``seconds`` have passed.

    It is raised between two bytecodes: what a single call of C does must be bounded
    beforehand (``_growth``).
    """
    worker, over = threading.get_ident(), threading.Event()

    def watch() -> None:
        pause = seconds
        while not over.wait(pause):
            _interrupt(worker, OutOfTime)
            pause = 0.5

    watcher = threading.Thread(target=watch, daemon=True)
    try:
        watcher.start()
        yield
    finally:
        _end(watcher, over, worker)


def _end(watcher: threading.Thread, over: threading.Event, worker: int) -> None:
    """Stop the watcher; an interrupt that comes just now must not outlive the work."""
    while True:
        try:
            over.set()
            watcher.join()
            _interrupt(worker, None)
            return
        except OutOfTime:
            continue
