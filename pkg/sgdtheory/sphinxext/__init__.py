"""The book's Sphinx extension: everything that it shows of a statement comes from the catalog.

Directives: ``statement``, ``status-strip``, ``claim-table``, ``ledger-summary``, ``ledger``,
``errata``, ``cite-list``, ``dependency-graph``, ``run-status``, ``report-an-error``.  Roles:
``claim`` (a formula) and ``value`` (a number), so that prose retypes neither.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

STATIC = Path(__file__).parent / "static"


def setup(app: Any) -> dict[str, Any]:
    """Register directives, roles, nodes and repairs with Sphinx."""
    from sgdtheory import __version__
    from sgdtheory.sphinxext import (
        api,
        block,
        claim_table,
        claims,
        compat,
        errors,
        graph,
        late,
        markup,
        pages,
        roles,
        run_status,
    )

    app.setup_extension("sphinx_proof")
    app.add_config_value("sgdt_only", [], "env", [list])
    for part in (
        api,
        markup,
        late,
        block,
        pages,
        claim_table,
        claims,
        graph,
        run_status,
        roles,
        errors,
        compat,
    ):
        part.register(app)
    app.connect("builder-inited", _add_static)
    app.add_js_file("sgdt.js", loading_method="defer")
    return {
        "version": __version__,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }


def _add_static(app: Any) -> None:
    if app.builder.format == "html":
        app.config.html_static_path.append(str(STATIC))
