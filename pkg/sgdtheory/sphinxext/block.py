"""``{statement} ID``: a statement of the catalog as a numbered, citable block of the book.

It is one of sphinx-proof's blocks, so numbers, ``{prf:ref}`` and print come from there; the
label and the anchor are the ID.
"""

from __future__ import annotations

from html import escape
from typing import Any, ClassVar

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx_proof import directive as proof

from sgdtheory.estimate import Comparison
from sgdtheory.sphinxext import errors, late, markup, reports
from sgdtheory.theory import catalog
from sgdtheory.theory.printing import latex
from sgdtheory.theory.show import step_mark
from sgdtheory.theory.statement import Mutant, Report, Statement

#: How sphinx-proof is to call our kinds, where it has not the word itself.
CALLED = {"empirical": "observation"}
STYLES = (("bibtex", "BibTeX"), ("latex", "LaTeX"), ("markdown", "Markdown"))


class StatementBlock(proof.ElementDirective):
    """The block of one statement, all of it from the catalog and its report."""

    has_content = False
    required_arguments = 1
    optional_arguments = 0
    option_spec: ClassVar[dict[str, Any]] = {}
    arguments: list[str]

    def run(self) -> list[nodes.Node]:
        try:
            statement = catalog.get(self.arguments[0])
        except ValueError as error:
            raise self.error(str(error)) from error
        found = reports.report(statement.id)
        self.name = f"prf:{CALLED.get(statement.kind, statement.kind)}"
        self.arguments = [statement.title]
        self.options = {"label": statement.id, "class": ["sgdt-statement"]}
        [block] = super().run()
        body = block[1]
        body += self.strip(statement, found)
        body.extend(self.claim(statement))
        body.extend(self.proof(statement, found))
        body.extend(self.evidence(statement, found))
        body += self.foot(statement)
        return [block]

    def words(self, text: str) -> list[nodes.Node]:
        """Markdown in one line, as nodes."""
        return list(self.parse_inline(late.linked(text))[0])

    def strip(self, statement: Statement, found: Report) -> nodes.paragraph:
        """ID and chips."""
        chips = (
            reports.status_chip(statement),
            reports.against_chip(statement),
            reports.verified_chip(found),
        )
        parts: list[nodes.Node | str] = [markup.inline(statement.id, "sgdt-id")]
        for kind, words in chips:
            parts += [" ", markup.chip(kind, words)]
        return markup.paragraph(*parts, classes=["sgdt-strip"])

    def claim(self, statement: Statement) -> list[nodes.Node]:
        """Assumptions, the parts of the claim, the remark."""
        body: list[nodes.Node] = []
        if statement.assumptions:
            body.append(markup.paragraph("Assumes", classes=["sgdt-heading"]))
            body.append(
                markup.bullets(
                    [self.words(text) for text, _ in statement.assumptions], "sgdt-assumes"
                )
            )
        body += [markup.part(self.words(label), tex) for label, tex in statement.latex()]
        if statement.remark:
            remark = self.words(statement.remark)
            body.append(markup.paragraph(*remark, classes=["sgdt-remark"]))
        return body

    def proof(self, statement: Statement, found: Report) -> list[nodes.Node]:
        """The steps, folded, each with its verdict in words."""
        if not statement.steps:
            return []
        good = reports.steps_ok(statement, found)
        steps = nodes.enumerated_list(enumtype="arabic", prefix="", suffix=".")
        for step, (says, verdict), ok in zip(statement.steps, found.steps, good, strict=True):
            mark = f"{'✓' if ok else '✗'} {step_mark(verdict, step.by)}"
            item = nodes.list_item()
            says_nodes = self.words(says.rstrip("."))
            item += markup.paragraph(*says_nodes, " ", markup.inline(mark, "sgdt-mark"))
            if step.equation is not None:
                item += markup.display(latex(step.equation))
            steps += item
        defines = statement.kind in ("definition", "assumption")
        summary = "Worked example" if defines else "Proof"
        note = f"{sum(good)} of {len(good)} steps hold"
        box = markup.fold(summary=summary, note=note)
        box += steps
        return [box]

    def evidence(self, statement: Statement, found: Report) -> list[nodes.Node]:
        """Mutants and numeric comparisons, folded."""
        total = len(found.mutants)
        count = f"{found.rejected} of {total} mutants rejected, " if total else ""
        box = markup.fold(summary="Checks", note=count + reports.numbers_in_words(found))
        if total:
            box += markup.paragraph(
                "Wrong versions, put before both checks; each must be rejected.",
                classes=["sgdt-heading"],
            )
            rows = [
                self.mutant(mutant, symbols, numbers)
                for mutant, (_, symbols, numbers) in zip(
                    statement.mutants, found.mutants, strict=True
                )
            ]
            box += markup.table(
                ("wrong version", "symbols", "numbers"), rows, label="Mutants and verdicts"
            )
        if found.numbers:
            rows = [self.comparison(c) for c in found.numbers]
            words = "The claim beside an independent route."
            box += markup.paragraph(words, classes=["sgdt-heading"])
            box += markup.table(
                ("quantity", "claimed", "found", "distance"), rows, "sgdt-numbers",
                label="Claimed and found numbers",
            )  # fmt: skip
        return [box] if total or found.numbers else []

    def comparison(self, c: Comparison) -> list[markup.Cell]:
        """A row of the comparisons' table."""
        error = f" ± {c.scale:.1g}" if c.sampled else ""
        exact = "to tolerance" if c.accepted else "beyond tolerance"
        distance = f"{abs(c.pull):.1f} s.e." if c.sampled else exact
        mark = "✓" if c.accepted else "✗"
        found = f"{c.found:.6g}{error}"
        return [self.words(c.what), f"{c.claimed:.6g}", found, f"{mark} {distance}"]

    def mutant(
        self, mutant: Mutant, symbols: bool, numbers: bool | None
    ) -> list[markup.Cell]:
        """A row of the mutants' table."""
        name = self.words(mutant.name)
        if mutant.source:
            name += [nodes.Text(" "), markup.inline("the source's version", "sgdt-note")]
        verdicts = {True: "✗ rejected", False: "not rejected", None: "not put"}
        return [name, [nodes.Text(verdicts[symbols])], [nodes.Text(verdicts[numbers])]]

    def foot(self, statement: Statement) -> nodes.container:
        """Source, what it rests on, notebook, permalink, citations."""
        parts: list[nodes.Node | str] = [*self.source(statement)]
        if statement.uses:
            parts.append(" Rests on ")
            for n, used in enumerate(statement.uses):
                parts += [", " if n else "", late.link(used)]
            parts.append(".")
        if statement.notebook in self.env.found_docs:
            parts += [" Notebook: ", doc_link(self.env.docname, statement.notebook), "."]
        address = reports.permalink(self.env.app, statement.id)
        if address:
            shown = nodes.reference("", "permanent address", refuri=address)
            parts += [" ", shown, "."]
        wrong = errors.address(self.env.app, statement.id)
        if wrong:
            parts += [" ", nodes.reference("", "Report an error", refuri=wrong), "."]
        box = nodes.container(classes=["sgdt-foot"])
        box += markup.paragraph(*parts)
        box += markup.html(cite_buttons(self.env.app, statement.id))
        return box

    def source(self, statement: Statement) -> list[nodes.Node]:
        """Where it comes from, cited."""
        key, _, locator = statement.source.partition(",")
        if key == "sgdtheory":
            return [nodes.Text("Stated and proved here.")]
        if "sphinxcontrib.bibtex" not in self.env.app.extensions:
            return [nodes.Text(f"Source: {statement.source}.")]
        return self.words(f"Source: {{cite}}`{key}`{',' if locator else ''}{locator}.")


def doc_link(docname: str, target: str) -> pending_xref:
    """A link to a page, shown as its title."""
    return pending_xref(
        "", nodes.inline("", target), refdoc=docname, refdomain="std", reftype="doc",
        reftarget=f"/{target}", refexplicit=False, refwarn=True,
    )  # fmt: skip


def cite_buttons(app: Any, id: str) -> str:
    """Three buttons, each with the very text that it copies."""
    buttons = "".join(
        f'<button type="button" class="sgdt-cite sgdt-copy" '
        f'data-clipboard="{escape(reports.citation(app, id, style))}" '
        f'aria-label="{name}: copy a citation of {id}">{name}</button>'
        for style, name in STYLES
    )
    return (
        f'<div class="sgdt-citing" role="group" aria-label="Cite {id}">'
        f'<span class="sgdt-word">Cite</span>{buttons}'
        '<span class="sgdt-said" aria-live="polite"></span></div>'
    )


def one_counter(app: Any, config: Any) -> None:
    """All kinds of statement share one counter: Definition 1.1, Theorem 1.2."""
    kinds = proof.DEFAULT_REALTYP_TO_COUNTERTYP
    kinds["formula"] = "theorem"
    for kind in "definition assumption proposition lemma corollary observation".split():
        config.prf_realtyp_to_countertyp.setdefault(kind, "theorem")


def register(app: Any) -> None:
    """Register the directive."""
    app.connect("config-inited", one_counter)
    app.add_directive("statement", StatementBlock)
