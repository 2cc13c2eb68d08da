"""Print the built book into one PDF: `make pdf`.

    python tools/make_pdf.py [SITE] [--out FILE]

The pages of `make book` are put together into one page (`pdf_page`), MathJax sets the formulas,
Chromium prints, twice: the second time with the page numbers of the contents.  What was printed
is then read again (`pdf_check`).  The file is written whole, and only if all is well.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any

import check_browser
import pdf_check
import pdf_page
import yaml
from booklib import ROOT

from sgdtheory._files import write_atomic
from sgdtheory.theory import catalog

WIDTH = 642  # px: the text's width on A4, 170 mm
ADDRESS = "/the-whole-book.html"
PRINT = {"prefer_css_page_size": True, "print_background": True, "outline": True,
         "tagged": True}
DRAFT = PRINT | {"outline": False, "tagged": False}  # twice as fast, the same pages
#: Waits for pictures and fonts, and shrinks what is wider than the page; returns what still is.
FIT = """async () => {
  document.querySelectorAll('img').forEach(i => { i.loading = 'eager'; });
  await Promise.all([...document.images].map(i => i.decode().catch(() => {})));
  await document.fonts.ready;
  const right = n => n.getBoundingClientRect().right;
  const edge = document.documentElement.clientWidth + 1;
  const wide = n => Math.max(n.scrollWidth, right(n) - n.getBoundingClientRect().left);
  const boxes = 'mjx-container[display="true"], table, pre, .sgdt-drawing svg';
  for (const n of document.querySelectorAll(boxes)) {
    const room = n.parentElement.getBoundingClientRect();
    const least = Math.min(room.right, edge) - n.getBoundingClientRect().left;
    const inner = Math.max(...[...n.children].map(right), right(n))
      - n.getBoundingClientRect().left;
    if (inner > least + 1) n.style.zoom = Math.max(0.4, (least - 1) / inner);
  }
  const lost = [...document.querySelectorAll('.bd-article *')].filter(
    n => right(n) > edge && !n.closest('svg, mjx-assistive-mml'));
  return [...new Set(lost.map(n => n.closest('.bd-article')?.id + ': <' +
    n.tagName.toLowerCase() + '> ' + n.textContent.trim().slice(0, 50)))];
}"""
#: LaTeX that MathJax left as it is, outside code.
RAW = r"""() => {
  const found = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode.data, at = walk.currentNode.parentElement;
    if (/\\(frac|mathbb|operatorname|begin)|\$\$/.test(text)
        && !at.closest('pre, code, script, style, mjx-container'))
      found.push(at.closest('.bd-article')?.id + ': ' + text.trim().slice(0, 60));
  }
  return found;
}"""
NUMBER = """pages => document.querySelectorAll('[data-page-of]').forEach(
  n => { n.textContent = pages[n.dataset.pageOf] ?? ''; })"""


def version(book: Path) -> tuple[str, str]:
    """The version and its date: CITATION.cff's, or the commit's; "" where none is known."""
    about = yaml.safe_load((book / "CITATION.cff").read_text(encoding="utf-8"))
    date = str(about.get("date-released") or "")
    if not date:
        ask: Any = {"cwd": book, "capture_output": True, "text": True}
        try:
            date = subprocess.run(["git", "log", "-1", "--format=%cs"], **ask).stdout.strip()
        except OSError:
            date = ""
    return str(about["version"]), date


def front(book: Path) -> str:
    """The title page."""
    settings = yaml.safe_load((book / "_config.yml").read_text(encoding="utf-8"))
    number, date = version(book)
    from sgdtheory.sphinxext.reports import commit

    sources = commit(str(book))
    about = ", ".join(filter(None, [
        f"Version {number}", date, f"commit {sources}" if sources else ""]))
    return (
        f'<header class="print-title"><h1>{escape(settings["title"])}</h1>'
        f'<p>{escape(settings["author"])}</p><p>{escape(about)}</p>'
        '<p class="print-about">Text and figures: '
        '<a href="https://creativecommons.org/licenses/by/4.0/">CC BY 4.0</a>. '
        'Code: MIT licence.</p></header>'
    )


@contextmanager
def shown(site: Path, html: str):
    """The page in Chromium, typeset and fitted; and the list of what the browser says."""
    from playwright.sync_api import sync_playwright

    with check_browser.served(site) as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=check_browser.chromium(), args=check_browser.ARGS)
        try:
            with check_browser.opened(browser, base, "light", WIDTH) as (page, said):
                page.set_default_timeout(600_000)
                page.route(f"{base}{ADDRESS}", lambda route: route.fulfill(
                    body=html, content_type="text/html; charset=utf-8"))
                page.emulate_media(media="print")
                page.goto(f"{base}{ADDRESS}", wait_until="load")
                said += page.evaluate(check_browser.MATHS)
                said += [f"maths was not typeset: {what}" for what in page.evaluate(RAW)]
                said += [f"runs off the page: {what}" for what in page.evaluate(FIT)]
                yield page, said
        finally:
            browser.close()


def print_book(site: Path, single: pdf_page.Single) -> tuple[bytes, list[str]]:
    """The PDF, and what the browser complained about."""
    with shown(site, single.html) as (page, said):
        if said:
            return b"", said
        print("make-pdf: typeset; printing twice, some minutes", flush=True)
        pages = pdf_check.places(page.pdf(**DRAFT))
        page.evaluate(NUMBER, {ident: pages.get(ident) for ident in single.titles})
        pdf = page.pdf(**PRINT)
        now = pdf_check.places(pdf)
        moved = [i for i in single.titles if now.get(i) != pages.get(i)]
        said += [f"the contents' number of {i} is not its page" for i in moved]
        return pdf, said


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site", nargs="?", type=Path, default=ROOT / "_build" / "html")
    parser.add_argument("--out", type=Path, default=ROOT / "_build" / "pdf" / "sgdtheory.pdf")
    args = parser.parse_args(argv)
    start, site = time.perf_counter(), args.site.resolve()
    if not check_browser.chromium():
        print("no browser was found: install Chromium (Debian: apt-get install chromium), or "
              "set CHROMIUM to a browser", file=sys.stderr)
        return 1
    style = Path(__file__).with_name("print.css").read_text(encoding="utf-8")
    title = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["title"]
    single = pdf_page.assemble(site, pdf_page.toc(ROOT), title, front(ROOT), style)
    print(f"make-pdf: {len(single.titles)} pages put together, typesetting", flush=True)
    wrong = [f"dangling link {address}" for address in single.dangling]
    pdf = b""
    if not wrong:
        pdf, wrong = print_book(site, single)
    if not wrong:
        printed = pdf_check.read(pdf)
        ids = [statement.id for statement in catalog.all()]
        wrong = pdf_check.findings(printed, ids, single.titles, single.code)
    if wrong:
        print("\n".join(wrong), file=sys.stderr)
        print(f"make-pdf: {len(wrong)} findings, {args.out} was not written", file=sys.stderr)
        return 1
    write_atomic(args.out, pdf)
    print(f"{args.out}: {len(printed.texts)} pages, {len(pdf) / 1e6:.1f} MB, "
          f"{len(ids)} statements, {sum(printed.internal.values())} links inside, "
          f"{len(printed.outside)} addresses outside, {printed.outline} outline entries, "
          f"{time.perf_counter() - start:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
