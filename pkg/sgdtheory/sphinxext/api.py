"""The reference pages: docstrings in numpy style, with every statement ID linked.

sphinx.ext.autodoc collects the docstrings.  Here their sections (Parameters, Raises) become
field lists without links on words such as "array", and ``PLD-T2`` leads to its statement.
A comment ``#: like: this`` above a constant has no sections and stays as it is.
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.ext.napoleon import Config
from sphinx.ext.napoleon.docstring import NumpyDocstring

from sgdtheory.sphinxext.late import ID
from sgdtheory.theory import catalog

PROSE = ("module", "class", "exception", "function", "method")
LITERAL = re.compile(r"(``.+?``|:\w+:`[^`]+`)")
CONFIG: Any = Config(
    napoleon_use_param=False,
    napoleon_use_rtype=False,
    napoleon_custom_sections=[("Attributes", "params_style")],
)


def linked(line: str) -> str:
    """A line of reStructuredText with the IDs of the catalog as references."""
    known = {s.id for s in catalog.all()}

    def reference(match: re.Match[str]) -> str:
        return f":prf:ref:`{match[0]}`" if match[0] in known else match[0]

    parts = LITERAL.split(line)
    return "".join(p if k % 2 else ID.sub(reference, p) for k, p in enumerate(parts))


def process(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Handler of autodoc-process-docstring; changes ``lines`` in place."""
    found = lines
    if what in PROSE:
        found = NumpyDocstring(lines, CONFIG, app, what, name, obj, options).lines()
    lines[:] = [linked(line) for line in found]


def register(app: Any) -> None:
    """Register the handler, and what autodoc is to show."""
    app.setup_extension("sphinx.ext.autodoc")
    app.config.autodoc_typehints = "none"
    app.config.autodoc_member_order = "bysource"
    app.config.autodoc_inherit_docstrings = False
    app.config.autodoc_default_options = {"no-value": True}
    app.config.default_role = "code"
    app.config.add_module_names = False
    app.config.nitpick_ignore = [*app.config.nitpick_ignore, ("py:exc", "Damaged")]
    app.connect("autodoc-process-docstring", process)
