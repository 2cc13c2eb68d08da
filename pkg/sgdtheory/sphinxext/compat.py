"""Repairs of what the theme, sphinx-exercise and Jupyter Book do to one another."""

from __future__ import annotations

from typing import Any

from docutils import nodes

# Their inline script is emitted twice, which is a syntax error on every page.
THEBE = frozenset({"init_thebe_core", "update_thebe_context"})
SHARED_IDS = frozenset({"proof-content", "exercise-content", "solution-content"})


def repair(app: Any, config: Any) -> None:
    """Share translation handlers with singlehtml, drop thebe, show no dead button."""
    # sphinx-exercise's 'singlehtml' handlers hide everybody's 'html' ones there.
    handlers = app.registry.translation_handlers
    for name, pair in handlers.get("html", {}).items():
        handlers.get("singlehtml", {}).setdefault(name, pair)
    for listeners in app.events.listeners.values():
        listeners[:] = [x for x in listeners if getattr(x.handler, "__name__", "") not in THEBE]
    options = getattr(config, "html_theme_options", None)
    if isinstance(options, dict) and config.html_theme == "sphinx_book_theme":
        known = bool(options.get("repository_url"))
        options["use_repository_button"] = known
        options["use_source_button"] = known


def no_launch(app: Any) -> None:
    """The theme's launch buttons raise a TypeError outside its own pages."""
    if app.builder.name in {"epub", "singlehtml"}:
        app.config.html_theme_options.pop("launch_buttons", None)


def unique_ids(app: Any, doctree: nodes.document, docname: str) -> None:
    """Theorem and exercise bodies all carry one and the same id."""
    for section in doctree.findall(nodes.section):
        if section["ids"] and set(section["ids"]) <= SHARED_IDS:
            section["ids"] = []


def plain_roles(
    app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """A bibliography is no ARIA list: its entries carry a role that a list must not hold."""
    body = context.get("body")
    if isinstance(body, str) and 'class="citation-list"' in body:
        body = body.replace('role="list" class="citation-list"', 'class="citation-list"')
        context["body"] = body.replace(' role="doc-biblioentry"', "")


def register(app: Any) -> None:
    """Connect the repairs."""
    app.connect("config-inited", repair)
    app.connect("builder-inited", no_launch, priority=1)
    app.connect("doctree-resolved", unique_ids)
    app.connect("html-page-context", plain_roles)
