"""`make check-book` on small planted sites: each fault makes it fail, a clean site passes."""

import check_book
import check_browser
import check_html
import pytest

MATHJAX = """
window.MathJax = { startup: { promise: Promise.resolve().then(() => {
  document.querySelectorAll('.math').forEach(n => {
    const bad = n.textContent.includes('\\\\frac{1}{');
    const red = n.textContent.includes('\\\\nosuch');
    n.innerHTML = '<mjx-container>' + (
      bad ? '<mjx-merror data-mjx-error="Missing close brace"></mjx-merror>' :
      red ? '<mjx-mtext style="color: red">x</mjx-mtext>' : 'x') + '</mjx-container>';
  });
}) } };
"""
COPY = """
document.querySelectorAll('button').forEach(b => b.addEventListener('click',
  () => navigator.clipboard.writeText(b.dataset.clipboard)));
"""
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{name}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"></head><body><main><h1 id="top-of-it">{name}</h1>
<p><a href="{other}.html#top-of-it">the other page</a></p>
<img src="dot.svg" alt="A dot that means nothing" width="9" height="9">
<p class="math">x^2</p>
<details><summary>cite</summary>
<button class="sgdt-copy" data-clipboard="@misc{{x}}">Copy BibTeX</button></details>
{body}
</main><script src="mathjax.js"></script><script src="copy.js"></script></body></html>
"""
FAULTS_WITHOUT_BROWSER = {
    '<a href="gone.html">x</a>': "broken link gone.html",
    '<a href="b.html#gone">x</a>': "broken link b.html#gone: no such id",
    '<a href="#gone">x</a>': "broken link #gone",
    '<a href="/b.html">x</a>': "starts at the server's root",
    '<img src="gone.png" alt="A curve that falls">': "broken link gone.png",
    '<img src="dot.svg">': "no meaningful alternative text, got None",
    '<img src="dot.svg" alt="">': "no meaningful alternative text",
    '<img src="dot.svg" alt="_images/0a1b.png">': "no meaningful alternative text",
    '<img src="dot.svg" alt="figure">': "no meaningful alternative text",
    '<script src="https://cdn.invalid/x.js"></script>': "outside load https://cdn.invalid/x.js",
    '<link rel="stylesheet" href="//cdn.invalid/x.css">': "outside load //cdn.invalid/x.css",
    '<style>@import "https://cdn.invalid/f.css";</style>': "in CSS",
    '<p style="background: url(https://cdn.invalid/p.png)">x</p>': "in CSS",
    '<p id="top-of-it">x</p>': "id 'top-of-it' is used 2 times",
}
FAULTS_WITH_BROWSER = {
    r'<p class="math">\frac{1}{</p>': "maths error: Missing close brace",
    r'<p class="math">\nosuch</p>': "undefined macro",
    "<script>console.error('a word')</script>": "console: a word",
    "<script>nothing.at.all</script>": "script error",
    "<script>fetch('http://cdn.invalid/d.json').catch(() => 0)</script>": "outside request",
    '<p style="color: #ccc; background: #fff">faint</p>': "axe serious color-contrast",
    '<div style="width: 900px">wide</div>': "scrolls sideways at 390 px",
    '<button class="sgdt-copy" data-clipboard="one thing" onclick="this.dataset.clipboard='
    "'another'\">Copy</button>": "it holds 'one thing'",
}


@pytest.fixture
def site(tmp_path):
    """Makes a site of two pages, the first with `body` in it."""

    def make(body=""):
        for name, other in (("index", "b"), ("b", "index")):
            text = PAGE.format(name=name, other=other, body=body if name == "index" else "")
            (tmp_path / f"{name}.html").write_text(text)
        (tmp_path / "dot.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
        (tmp_path / "mathjax.js").write_text(MATHJAX)
        (tmp_path / "copy.js").write_text(COPY)
        return tmp_path

    return make


def test_a_clean_site_passes_without_a_browser(site):
    findings, weights = check_html.check_site(site())
    assert findings == []
    parts = ("index.html", "dot.svg", "mathjax.js", "copy.js")
    assert weights["index.html"] == sum((site() / f).stat().st_size for f in parts)


@pytest.mark.parametrize("body", FAULTS_WITHOUT_BROWSER)
def test_a_fault_is_found_without_a_browser(site, body):
    findings, _ = check_html.check_site(site(body))
    assert findings and all(what.startswith("index.html: ") for what in findings)
    assert any(FAULTS_WITHOUT_BROWSER[body] in what for what in findings)


def test_a_stylesheet_that_loads_from_outside_is_found(site):
    (site() / "x.css").write_text("p { background: url('https://cdn.invalid/p.png') }")
    assert check_html.check_site(site())[0] == ["x.css: outside load https://cdn.invalid/p.png"]


def test_links_to_other_sites_are_no_loads(site):
    body = '<a href="https://example.org/">x</a><link rel="canonical" href="https://example.org/">'
    assert check_html.check_site(site(body))[0] == []


@pytest.mark.parametrize("part, what", [
    ('class="math"', "maths"), ('class="sgdt-copy"', "a copy button"), ("<img", "an image")])
def test_a_site_without_what_is_checked_does_not_pass(site, part, what):
    folder = site()
    for page in folder.glob("*.html"):
        page.write_text(page.read_text().replace(part, "<i " if "<" in part else ""))
    assert f"the site: no page has {what}" in check_html.check_site(folder)[0]


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(SystemExit, match="run `make book` first"):
        check_html.check_site(tmp_path)


def test_without_a_browser_it_says_so_and_fails_only_in_ci(site, monkeypatch, capsys):
    monkeypatch.setenv("CHROMIUM", "no-such-browser")
    monkeypatch.setenv("CI", "")
    assert check_book.main([str(site())]) == 0
    assert "NO BROWSER FOUND" in capsys.readouterr().err
    monkeypatch.setenv("CI", "true")
    assert check_book.main([str(site())]) == 1


@pytest.mark.browser
def test_a_clean_site_passes_in_the_browser(site, capsys):
    assert check_book.main([str(site())]) == 0, capsys.readouterr().err
    assert "2 pages, 0 findings" in capsys.readouterr().out


@pytest.fixture(scope="module")
def look():
    """Looks at a site's first page in one browser that all tests of this file share."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=check_browser.chromium(), args=check_browser.ARGS)

        def check(folder):
            with check_browser.served(folder) as base:
                return check_browser.check(browser, base, "index.html", matrix=False)

        yield check
        browser.close()


@pytest.mark.browser
@pytest.mark.parametrize("body", FAULTS_WITH_BROWSER)
def test_a_fault_is_found_in_the_browser(site, look, body):
    findings = look(site(body))
    assert any(FAULTS_WITH_BROWSER[body] in what for what in findings), findings


@pytest.mark.browser
def test_missing_mathjax_is_found(site, look):
    folder = site()
    (folder / "mathjax.js").write_text("")
    assert any("maths is not rendered" in what for what in look(folder))


@pytest.mark.browser
def test_dark_mode_is_looked_at(site):
    """A fault that shows in the dark only is found by the matrix."""
    style = "@media (prefers-color-scheme: dark) { p { color: #333; background: #222 } }"
    body = f"<style>{style}</style><p>readable by day</p>"
    findings = check_book.browse(site(body), ["index.html"])
    assert findings and all("dark" in what for what in findings)
