"""The committed notebooks: in step with their sources, plain, alone, and really compared."""

import re
import statistics

import booklib
import colab_cells
import pair
import prebuild
import pytest

SOURCES = booklib.sources()
NAMES = [booklib.name(path) for path in SOURCES]
MATHS = re.compile(r"\$\$.*?\$\$|\$[^$\n]+\$|`[^`]*`", re.S)
MYST = {
    "role": re.compile(r"\{[\w:+-]+\}`"),
    "directive": re.compile(r"^\s*(```+|~~~+|:::+)\s*\{", re.M),
    "label": re.compile(r"^\([\w:.-]+\)=\s*$", re.M),
    "substitution": re.compile(r"\{\{.*?\}\}"),
    "equation label": re.compile(r"\$\$\s*\([\w:.-]+\)\s*$", re.M),
    "colon fence": re.compile(r"^:::", re.M),
}
MAGIC = re.compile(r"^\s*(%{1,2}\w|!\w|\w+\s*=\s*!)|get_ipython\(", re.M)
DRAWS = re.compile(r"\bplt\.(subplots|figure|plot|imshow)\b|\.savefig\(")
OUTSIDE_TOOLS = re.compile(r"ipywidgets|plotly|tqdm\.(auto|notebook)")


@pytest.fixture(params=SOURCES, ids=NAMES)
def source(request):
    """Each notebook's .py source in turn."""
    return request.param


@pytest.fixture
def notebook(source):
    """The committed .ipynb of that source."""
    return booklib.read_notebook(source.with_suffix(".ipynb"))


def code(notebook, ours=False):
    """The code cells, without the setup cell unless `ours`."""
    return [c for c in notebook.cells if c.cell_type == "code"
            and (ours or "colab-setup" not in tags(c))]


def tags(cell):
    return cell.metadata.get("tags", [])


def text(out):
    """What nbval compares of an output: its stream or its plain text."""
    return str(out.get("text") or out.get("data", {}).get("text/plain", ""))


def is_figure(cell):
    """A cell that shows a figure, by its output or, never run, by its source."""
    shown = any("<Figure" in text(out) for out in cell.outputs)
    return shown or (cell.execution_count is None and bool(DRAWS.search(cell.source)))


def test_the_chapters_notebooks_are_all_there():
    assert set(NAMES) >= {
        "foundations/01_which_calculus_is_sgd", "power_law/01_stationary_distribution",
        "power_law/02_what_sgd_does", "power_law/03_gradient_noise_is_quadratic",
        "escape/01_escape_formulas", "escape/02_exact_versus_asymptotic",
        "escape/03_monte_carlo", "escape/04_two_dimensions", "escape/05_toy_of_the_paper",
        "escape/06_levy", "escape/07_pac_bayes",
        "anisotropic/01_escaping_efficiency", "anisotropic/02_toy_landscape",
        "anisotropic/03_alignment_in_networks", "anisotropic/04_fashion_mnist",
        "log_landscape/01_time_change", "log_landscape/02_stationary_exponent",
        "log_landscape/03_escape_rate", "log_landscape/04_decoupling_in_networks",
        "log_landscape/05_noise_enhancement", "log_landscape/06_one_framework",
        "anomalous/01_reading_a_msd", "anomalous/02_sgd_on_a_quadratic",
        "anomalous/03_training_a_network", "anomalous/04_heavy_tailed_gradients",
        "anomalous/05_fractal_landscape", "anomalous/06_path_and_landscape",
        "variance_flatness/01_exact_covariances", "variance_flatness/02_truth_table",
        "variance_flatness/03_the_relation", "variance_flatness/04_linear_surrogate",
        "variance_flatness/05_random_landscapes", "variance_flatness/06_active_temperature",
        "variance_flatness/07_flatness_detecting_noise", "variance_flatness/08_forgetting",
        "foundations/00_primer", "tails/01_fitting_a_power_law",
        "tails/02_batch_size_and_kappa", "tails/03_pretrained_networks",
        "tails/04_covariance_scan_resnet", "tails/05_tail_index_of_gradient_noise",
        "synthesis/01_one_landscape"}
    assert set(NAMES) >= booklib.STRICT


def test_names_of_figures_are_unique_in_the_whole_book():
    names = [c.metadata["mystnb"]["figure"].get("name", c.id) for path in SOURCES
             for c in booklib.read_notebook(path.with_suffix(".ipynb")).cells
             if "figure" in c.metadata.get("mystnb", {})]
    assert len(names) > 30 and len(names) == len(set(names)), sorted(names)


def test_the_book_shows_every_notebook():
    shown = {p.with_suffix(".py") for p in prebuild.toc_notebooks(booklib.ROOT)}
    assert shown == set(SOURCES)


def test_source_and_notebook_agree(source):
    assert pair.differences(source) == []


def test_badge_and_setup_cells_follow_the_configuration(capsys):
    assert colab_cells.main(["--check"]) == 0, capsys.readouterr().err


def test_title_setup_and_parameters_come_first(notebook):
    first = [c for c in notebook.cells[:6] if "colab-badge" not in tags(c)]
    assert re.match(r"# \S", first[0].source)
    assert "colab-setup" in tags(first[1]) and "remove-cell" in tags(first[1])
    assert any("parameters" in tags(c) for c in notebook.cells[:8])


def test_the_top_says_how_long_it_takes(notebook):
    assert re.search(r"minute|second", notebook.cells[0].source), "name the time it takes"


def test_markdown_is_what_colab_shows(notebook):
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            continue
        for what, pattern in MYST.items():
            prose = cell.source if what in {"role", "equation label"} else MATHS.sub(
                "", cell.source)
            assert not pattern.search(prose), f"a MyST {what} in: {cell.source[:70]!r}"


def test_no_magics_and_nothing_that_loads_from_outside(notebook):
    for cell in code(notebook, ours=True):
        assert not MAGIC.search(cell.source), cell.source[:70]
        assert not OUTSIDE_TOOLS.search(cell.source), cell.source[:70]


def test_lines_are_short_and_cells_too(source, notebook):
    long = [(n, line) for n, line in enumerate(source.read_text().splitlines(), 1)
            if len(line) > 79 and not line.startswith("# %%") and "colab" not in line
            and "git+http" not in line]
    assert long == []
    lengths = [len(cell.source.splitlines()) for cell in code(notebook)]
    assert statistics.median(lengths) <= 10


def test_outputs_are_text_and_no_cell_failed(notebook):
    for cell in code(notebook, ours=True):
        for out in cell.outputs:
            assert out.output_type != "error", out.get("evalue")
            assert out.get("name") != "stderr", out.get("text")
            images = [k for k in out.get("data", {}) if k.startswith("image/")]
            assert not images, f"images stay out of the committed file, got {images}"


def test_the_notebook_was_run_from_top_to_bottom(notebook):
    counts = [cell.execution_count for cell in code(notebook, ours=True)]
    assert counts == list(range(1, len(counts) + 1))


def test_every_figure_has_a_caption_and_an_alternative_text(notebook):
    for cell in filter(is_figure, code(notebook)):
        shown = cell.metadata.get("mystnb", {})
        caption, alt = (shown.get("figure", {}).get("caption", ""),
                        shown.get("image", {}).get("alt", ""))
        assert len(caption.split()) >= 3, f"no caption: {cell.source[:70]!r}"
        assert len(alt.split()) >= 5, f"no alternative text: {cell.source[:70]!r}"
        figures = sum("<Figure" in text(out) for out in cell.outputs)
        assert figures <= 1, "one figure a cell"


def compared(name, notebook):
    """The cells whose outputs nbval compares: what makes the comparison worth something."""
    cells = [c for c in code(notebook)
             if not {"nbval-ignore-output", "nbval-skip"} & set(tags(c))]
    if name not in booklib.STRICT:
        cells = [c for c in cells if "nbval-check-output" in tags(c)]
    return [c for c in cells if c.execution_count and any(text(o).strip() for o in c.outputs)]


def test_a_checked_cell_has_something_to_compare(notebook):
    for cell in code(notebook):
        if "nbval-check-output" in tags(cell):
            assert cell.execution_count and cell.outputs, cell.source[:70]


def test_enough_is_compared(source, notebook):
    """A floor, so that notebooks stripped of their outputs cannot pass."""
    name = booklib.name(source)
    floor = 8 if name in booklib.STRICT else 2
    assert len(compared(name, notebook)) >= floor


def test_verdicts_are_words_without_raw_digits(notebook):
    """`PASS: within 4 s.e.`, not the digits that another processor would change; a band may."""
    lines = [line for cell in code(notebook) for out in cell.outputs
             for line in text(out).splitlines() if re.match(r"(PASS|FAIL)\b", line)]
    band = re.compile(r"\b(between|above|below|of) \S+( and \S+)?")
    assert not [line for line in lines if re.search(r"\d\.\d{4,}", band.sub("", line))]
    assert not [line for line in lines if line.startswith("FAIL")]


def test_the_floor_notices_stripped_notebooks():
    """The tests above are not vacuous: without outputs nothing is compared."""
    source = next(p for p in SOURCES if booklib.name(p) in booklib.STRICT)
    assert compared(booklib.name(source), booklib.read_source(source)) == []
