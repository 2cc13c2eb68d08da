"""Check the built book: `make check-book`.

    python tools/check_book.py [SITE]

First without a browser (links, loads, ids, alternative texts), then in Chromium (maths,
console, network, accessibility, copy buttons, opening as files).  Without a browser the second
part is left out, loudly; with CI=true that is an error.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import check_browser
import check_html
from booklib import ROOT

IN_FULL = 6  # pages seen in light and dark, on desktop and phone
AT_A_TIME = 2
NO_BROWSER = """\
**********************************************************************
  NO BROWSER FOUND: maths, console, network, accessibility and copy
  buttons were NOT checked.  Install Chromium (Debian: apt-get install
  chromium), or set CHROMIUM to a browser, and run this again.
**********************************************************************"""


def in_full(names: Sequence[str], site: Path) -> set[str]:
    """The landing page and the longest others: the matrix is for these."""
    by_size = sorted(names, key=lambda n: (n != "index.html", -(site / n).stat().st_size))
    return set(by_size[:IN_FULL])


def share(site: Path, base: str, names: Sequence[str], full: set[str]) -> list[str]:
    """One browser's share of the pages."""
    from playwright.sync_api import Error, sync_playwright

    findings = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=check_browser.chromium(), args=check_browser.ARGS)
        for name in names:
            try:
                found = check_browser.check(browser, base, name, name in full)
                if name in full:
                    found += check_browser.check_offline(browser, site, name)
            except Error as error:
                found = [f"the browser gave up: {error}"]
            findings += [f"{name}: {what}" for what in found]
        browser.close()
    return findings


def browse(site: Path, names: Sequence[str]) -> list[str]:
    """All pages, two browsers at a time."""
    full = in_full(names, site)
    order = sorted(names, key=lambda n: n not in full)
    with check_browser.served(site) as base, ThreadPoolExecutor(AT_A_TIME) as pool:
        shares = [order[n::AT_A_TIME] for n in range(AT_A_TIME)]
        jobs = [pool.submit(share, site, base, part, full) for part in shares if part]
        return sorted(what for job in jobs for what in job.result())


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site", nargs="?", type=Path, default=ROOT / "_build" / "html")
    site = parser.parse_args(argv).site.resolve()
    start = time.perf_counter()
    findings, weights = check_html.check_site(site)
    heavy = sorted(weights.items(), key=lambda w: -w[1])[:3]
    print(f"pages: {len(weights)}; heaviest: "
          + ", ".join(f"{name} {size / 1e6:.1f} MB" for name, size in heavy))
    browser = check_browser.chromium()
    if browser:
        findings += browse(site, list(weights))
    elif os.environ.get("CI", "").lower() in {"1", "true"}:
        findings.append("no browser was found, and CI must not go without one")
    for what in findings:
        print(what, file=sys.stderr)
    if not browser:
        print(NO_BROWSER, file=sys.stderr)
    print(f"check-book: {len(weights)} pages, {len(findings)} findings, browser: "
          f"{browser or 'NONE'}, {time.perf_counter() - start:.0f} s")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
