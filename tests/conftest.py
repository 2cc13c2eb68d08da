"""For all tests: one thread a process, and no browser tests where there is no browser."""

import os

import hypothesis

os.environ.setdefault("OMP_NUM_THREADS", "1")

from check_browser import chromium  # noqa: E402

# No deadline: how long one example takes says how busy the machine is, nothing else.
hypothesis.settings.register_profile("sgdtheory", deadline=None)
hypothesis.settings.load_profile("sgdtheory")

LEFT_OUT = "NO BROWSER: the tests marked `browser` were LEFT OUT (install chromium)"
IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}


def pytest_collection_modifyitems(config, items):
    """Leave the browser's tests out where none is found; in CI they stay, and fail."""
    if chromium() or IN_CI:
        return
    browser = [item for item in items if item.get_closest_marker("browser")]
    config.hook.pytest_deselected(items=browser)
    items[:] = [item for item in items if item not in browser]


def pytest_terminal_summary(terminalreporter):
    """Say so at the end, in red."""
    if not chromium() and not IN_CI:
        terminalreporter.write_line(LEFT_OUT, red=True, bold=True)
