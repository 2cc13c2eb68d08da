"""What only a browser can say of built pages: maths, console, network, access, copying."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ARGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync"]
COPY_BUTTON = "button.sgdt-copy[data-clipboard]"  # holds the very text that it copies
COPIES = 3  # buttons tried on a page: one of each kind
MATRIX = [(s, w) for s in ("light", "dark") for w in (1280, 390)]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
# Findings that come with the theme or with Sphinx: axe's rule, part of the markup, why.
ALLOWED = [
    ("region", "navbar-brand logo", "sphinx-book-theme puts the logo outside every landmark"),
    ("region", "logo__image", "the same logo, once it is an image"),
    ("aria-allowed-role", "doc-biblioentry", "Sphinx's writer marks bibliographies so"),
    ("aria-deprecated-role", "doc-biblioentry", "Sphinx's writer marks bibliographies so"),
    ("list", "role=\"list\"", "Sphinx's writer marks the bibliography so"),
]
MATHS = """async () => {
  const math = document.querySelectorAll('.math').length;
  if (!math) return [];
  if (!window.MathJax || !MathJax.startup) return ['maths is not rendered: MathJax is missing'];
  await MathJax.startup.promise;
  const bad = [];
  const of = node => node.closest('.math')?.textContent.trim().slice(0, 60) || '';
  document.querySelectorAll('mjx-merror, [data-mjx-error]').forEach(n => bad.push(
    'maths error: ' + (n.dataset.mjxError || n.textContent).slice(0, 100)));
  document.querySelectorAll('mjx-container [style*="red"], mjx-container [mathcolor="red"]')
    .forEach(n => { if (!n.closest('mjx-merror'))
      bad.push('maths: undefined macro, shown in red, in ' + of(n)); });
  if (!document.querySelector('mjx-container')) bad.push('maths is not rendered');
  return [...new Set(bad)];
}"""
SCROLLS = """() => {
  const root = document.documentElement, wide = root.clientWidth;
  if (root.scrollWidth <= wide + 1) return '';
  const inside = n => { for (let p = n.parentElement; p; p = p.parentElement)
    if (/auto|scroll|hidden|clip/.test(getComputedStyle(p).overflowX)) return true; };
  const far = [...document.body.querySelectorAll('*')].find(
    n => n.getBoundingClientRect().right > wide + 1 && !inside(n));
  return `${root.scrollWidth} px wide` + (far ? `: <${far.tagName.toLowerCase()}> ` +
    far.textContent.trim().slice(0, 40) : '');
}"""
OPEN = """b => {
  for (let p = b; p; p = p.parentElement) if (p.tagName === 'DETAILS') p.open = true;
}"""


#: Ends every transition: in the midst of one, a colour is neither the old nor the new.
STILL = """async () => {
  const style = document.createElement("style");
  style.textContent = "*, *::before, *::after {transition: none !important}";
  document.head.append(style);
  document.getAnimations().forEach(animation => animation.finish());
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""


def chromium() -> str | None:
    """The system's browser: $CHROMIUM, or the first that is on the path."""
    asked = os.environ.get("CHROMIUM")
    if asked:
        return shutil.which(asked)
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((path for path in map(shutil.which, names) if path), None)


class Quiet(SimpleHTTPRequestHandler):
    """A file server that does not log."""

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def served(site: Path) -> Iterator[str]:
    """The site on a free port of the loopback address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def opened(browser: Any, base: str, scheme: str, width: int) -> Iterator[tuple[Any, list[str]]]:
    """A page in the given colours and width; the list fills with what it complains about."""
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
    if base.startswith("http"):
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=base)
    said: list[str] = []

    def gate(route: Any) -> None:
        if route.request.url.startswith((base, "data:", "blob:")):
            route.continue_()
        else:
            said.append(f"outside request {route.request.url}")
            route.abort()

    context.route("**/*", gate)
    page = context.new_page()

    def heard(message: Any) -> None:
        if message.type == "error":
            said.append(f"console: {message.text} ({message.location.get('url', '')})")

    page.on("console", heard)
    page.on("pageerror", lambda e: said.append(f"script error: {e}"))
    try:
        yield page, said
    finally:
        context.close()


def axe(page: Any) -> list[str]:
    """axe-core's findings that are not on the allow-list."""
    page.evaluate(STILL)
    if not page.evaluate("() => Boolean(window.axe)"):
        page.evaluate(axe_script())
    # No preload: axe would fetch the style sheets anew and resolve their imports wrongly.
    options = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"],
               "preload": False}
    result = page.evaluate("o => axe.run(document, o)", options)
    found = []
    for violation in result["violations"]:
        rule = violation["id"]
        nodes = [n for n in violation["nodes"] if not any(
            rule == r and part in n["html"] for r, part, _ in ALLOWED)]
        if nodes:
            first = " ".join(nodes[0]["html"].split())[:160]
            found.append(f"axe {violation['impact']} {rule}: {violation['help']} "
                         f"({len(nodes)}x, first {first})")
    return found


def axe_script() -> str:
    """axe-core's source, as the Python package carries it."""
    spec = find_spec("axe_playwright_python")
    assert spec and spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0], "axe.min.js").read_text(encoding="utf-8")


def copying(page: Any) -> list[str]:
    """Whether the first copy buttons copy what they say: by mouse, then by keyboard."""
    found = []
    buttons = page.locator(COPY_BUTTON)
    for n in range(min(buttons.count(), COPIES)):
        button = buttons.nth(n)
        button.evaluate(OPEN)
        want = button.get_attribute("data-clipboard")
        page.evaluate("() => navigator.clipboard.writeText('nothing was copied')")
        if n % 2:
            button.press("Enter")
        else:
            button.click(timeout=5000)
        page.wait_for_timeout(150)
        got = page.evaluate("() => navigator.clipboard.readText()")
        if got.strip() != (want or "").strip():
            found.append(f"copy button {n} copied {got[:60]!r}, it holds {(want or '')[:60]!r}")
    return found


def check(browser: Any, base: str, name: str, matrix: bool) -> list[str]:
    """Everything about one page; `matrix` adds axe in both colours and both widths."""
    findings: list[str] = []
    with opened(browser, base, *MATRIX[0]) as (page, said):
        page.goto(f"{base}/{name}", wait_until="load")
        findings += page.evaluate(MATHS) + axe(page) + copying(page)
        page.set_viewport_size({"width": 390, "height": 900})
        scrolls = page.evaluate(SCROLLS)
        findings += [f"scrolls sideways at 390 px, {scrolls}"] if scrolls else []
        findings += said
    for scheme, width in MATRIX[1:] if matrix else []:
        with opened(browser, base, scheme, width) as (page, said):
            page.goto(f"{base}/{name}", wait_until="load")
            page.evaluate(MATHS)
            findings += [f"{scheme}, {width} px: {what}" for what in axe(page) + said]
    return list(dict.fromkeys(findings))


def check_offline(browser: Any, site: Path, name: str) -> list[str]:
    """Whether a page works when its file is opened, with no server."""
    base = site.resolve().as_uri()
    with opened(browser, base, *MATRIX[0]) as (page, said):
        page.goto(f"{base}/{name}", wait_until="load")
        return [f"opened as a file: {what}" for what in page.evaluate(MATHS) + said]
