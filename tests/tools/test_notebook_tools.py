"""The tools that make, run and compare notebooks, on throw-away ones."""

import json
import os
import subprocess
import sys

import booklib
import colab_cells
import execute
import nbformat
import pair
import prebuild
import pytest
import run_nbval

SOURCE = '''\
# %% [markdown]
# # A title
#
# Prose with $x^2$.

# %%
import matplotlib.pyplot as plt
fig, ax = plt.subplots()
ax.plot([0, 1]);

# %% tags=["nbval-check-output"]
print("PASS: within 4 s.e.")
'''
REPO = booklib.Repository("https://github.com/someone/sgd-book", "main")
REPOSITORY = 'repository: {url: "", path_to_book: "", branch: main}\n'
CONFIG = f'title: T\n{REPOSITORY}html: {{use_repository_button: false}}\n'


@pytest.fixture
def folder(tmp_path):
    """A folder of notebooks with one source in it, and a configuration beside it."""
    (tmp_path / "notebooks" / "ch").mkdir(parents=True)
    (tmp_path / "notebooks" / "ch" / "01_a.py").write_text(SOURCE)
    (tmp_path / "_config.yml").write_text(CONFIG)
    return tmp_path / "notebooks"


def colab(folder, *args):
    config = folder.parent / "_config.yml"
    return colab_cells.main([*args, "--folder", str(folder), "--config", str(config)])


def command(tool, *args):
    """Run a tool as its user does; nbclient leaves its event loops open in the process."""
    return subprocess.run([sys.executable, str(booklib.ROOT / "tools" / f"{tool}.py"), *args],
                          capture_output=True, text=True)


def test_a_name_that_matches_nothing_is_refused_even_among_others(folder):
    assert booklib.sources(["01_a"], folder) == [folder / "ch" / "01_a.py"]
    with pytest.raises(SystemExit, match="matches \\['02_b'\\]"):
        booklib.sources(["01_a", "02_b"], folder)


def twin(folder):
    return folder / "ch" / "01_a.ipynb"


def test_pairing_is_deterministic_and_keeps_outputs(folder):
    assert pair.main(["--folder", str(folder)]) == 0
    first = twin(folder).read_bytes()
    notebook = booklib.read_notebook(twin(folder))
    notebook.cells[2].outputs = [nbformat.v4.new_output("stream", text="PASS\n")]
    notebook.cells[2].execution_count = 2
    booklib.write(notebook, twin(folder))
    assert pair.main(["--folder", str(folder)]) == 0
    assert booklib.read_notebook(twin(folder)).cells[2].outputs[0].text == "PASS\n"
    twin(folder).unlink()
    pair.main(["--folder", str(folder)])
    assert twin(folder).read_bytes() == first


def test_a_changed_cell_loses_its_output_and_the_others_keep_theirs(folder):
    pair.main(["--folder", str(folder)])
    notebook = booklib.read_notebook(twin(folder))
    for cell in notebook.cells[1:]:
        cell.outputs = [nbformat.v4.new_output("stream", text="old\n")]
    booklib.write(notebook, twin(folder))
    (folder / "ch/01_a.py").write_text(SOURCE.replace("PASS", "FAIL"))
    pair.main(["--folder", str(folder)])
    _, kept, changed = booklib.read_notebook(twin(folder)).cells
    assert kept.outputs and not changed.outputs


@pytest.mark.parametrize("spoil", [
    lambda nb: nb.cells[1].update(source="1"),
    lambda nb: nb.cells[2].metadata.update(tags=[]),
    lambda nb: nb.cells.pop(),
    lambda nb: nb.metadata.update(language_info={"name": "python"}),
    lambda nb: nb.cells[1].update(id="other"),
])
def test_check_finds_drift(folder, spoil, capsys):
    pair.main(["--folder", str(folder)])
    assert pair.main(["--check", "--folder", str(folder)]) == 0
    notebook = booklib.read_notebook(twin(folder))
    spoil(notebook)
    nbformat.write(notebook, twin(folder))
    assert pair.main(["--check", "--folder", str(folder)]) == 1
    assert "ch/01_a" in capsys.readouterr().err


def test_an_ipynb_without_source_is_found(folder, capsys):
    pair.main(["--folder", str(folder)])
    twin(folder).rename(folder / "ch" / "stray.ipynb")
    assert pair.main(["--check", "--folder", str(folder)]) == 1
    assert "ch/stray" in capsys.readouterr().err


def test_without_a_repository_there_is_no_badge_and_no_link(folder):
    assert colab(folder) == 0 and colab(folder, "--check") == 0
    text = (folder / "ch/01_a.py").read_text()
    assert "http" not in text and "colab-badge" not in text
    assert text.index("# # A title") < text.index("colab-setup") < text.index("plt.subplots")


def test_one_setting_drives_badge_address_and_buttons(folder):
    plain = (colab(folder), (folder / "ch/01_a.py").read_text())[1]
    assert colab(folder, "--set", REPO.url, "main") == 0
    text, config = (folder / "ch/01_a.py").read_text(), folder.parent / "_config.yml"
    assert f"git+{REPO.url}@main" in text
    assert "/github/someone/sgd-book/blob/main/notebooks/ch/01_a.ipynb" in text
    assert "launch_buttons" in config.read_text() and booklib.repository(config) == REPO
    assert "use_repository_button: true" in config.read_text()
    ids = [c.id for c in booklib.read_notebook(twin(folder)).cells[1:3]]
    assert ids == ["colab-badge", "colab-setup"]
    again = text, config.read_text()
    colab(folder, "--set", REPO.url, "main")
    assert again == ((folder / "ch/01_a.py").read_text(), config.read_text())
    colab(folder, "--unset")
    assert (folder / "ch/01_a.py").read_text() == plain
    assert config.read_text() == CONFIG.replace(REPOSITORY, "") + REPOSITORY


def test_colab_check_finds_an_edited_setup_cell(folder, capsys):
    colab(folder)
    source = folder / "ch/01_a.py"
    source.write_text(source.read_text().replace("--no-deps", "--upgrade"))
    assert colab(folder, "--check") == 1
    assert "ch/01_a" in capsys.readouterr().err


@pytest.mark.parametrize("url", ["", "https://github.com/OWNER/REPO"])
def test_a_placeholder_is_no_repository(tmp_path, url):
    (tmp_path / "c.yml").write_text(f'repository: {{url: "{url}", branch: main}}\n')
    assert booklib.repository(tmp_path / "c.yml") is None
    assert booklib.repository(tmp_path / "absent.yml") is None


def test_an_address_that_colab_cannot_open_is_refused(tmp_path):
    (tmp_path / "c.yml").write_text("repository: {url: https://gitlab.com/a/b}\n")
    with pytest.raises(SystemExit, match="must be https://github.com/OWNER/NAME.*gitlab"):
        booklib.repository(tmp_path / "c.yml")


@pytest.mark.parametrize("repo", [None, REPO])
def test_the_setup_cell_is_silent_with_the_package_and_helpful_without(repo, monkeypatch):
    code = colab_cells.cells(repo, "notebooks/a.ipynb")[-1]
    exec(compile(code, "setup", "exec"), {})
    ran = []
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("subprocess.run", lambda cmd, check: ran.append(cmd))
    if repo is None:
        with pytest.raises(ModuleNotFoundError, match="SGDTHEORY_SPEC"):
            exec(compile(code, "setup", "exec"), {})
    else:
        exec(compile(code, "setup", "exec"), {})
        assert ran.pop()[-2:] == ["--no-deps", f"git+{REPO.url}@main"]
    monkeypatch.setenv("SGDTHEORY_SPEC", "some.whl")
    exec(compile(code, "setup", "exec"), {})
    assert ran.pop()[-2:] == ["--no-deps", "some.whl"]
    monkeypatch.setattr("sys.platform", "emscripten")
    exec(compile(code, "setup", "exec"), {})
    assert not ran


def test_executing_twice_gives_the_same_bytes_without_images(folder):
    """Run, strip and write: the text stays, images and timings do not."""
    assert command("execute", "--folder", str(folder)).returncode == 0
    first = twin(folder).read_bytes()
    assert b"PASS: within 4 s.e." in first and b"Figure size" in first
    assert b"image/png" not in first and b'"execution"' not in first
    assert "same bytes" in command("execute", "--folder", str(folder)).stdout
    assert twin(folder).read_bytes() == first


def test_the_digits_of_a_record_stay_out_of_the_committed_file():
    data = {"text/plain": "PASS", "image/png": "abc"}
    out = nbformat.v4.new_output("display_data", data, metadata={"x/record": {"value": 1.5}})
    only_image = nbformat.v4.new_output("display_data", {"image/png": "abc"})
    pieces = [nbformat.v4.new_output("stream", text=t) for t in ("a\n", "b\n")]
    cell = nbformat.v4.new_code_cell("1", outputs=[out, only_image, *pieces])
    execute.strip(nbformat.v4.new_notebook(cells=[cell]))
    assert [o.output_type for o in cell.outputs] == ["display_data", "stream"]
    assert cell.outputs[0].data == {"text/plain": "PASS"} and not cell.outputs[0].metadata
    assert cell.outputs[1].text == "a\nb\n"


def book(folder):
    (folder.parent / "_toc.yml").write_text(
        "format: jb-book\nroot: index\nchapters: [{file: notebooks/ch/01_a}]\n")
    pair.main(["--folder", str(folder)])
    return str(folder.parent)


def test_prebuild_runs_once_then_finds_its_cache(folder):
    assert "to run: 1" in command("prebuild", book(folder)).stdout
    assert "to run: 0" in command("prebuild", book(folder)).stdout
    (folder / "ch/01_a.py").write_text(SOURCE.replace("[0, 1]", "[0, 2]"))
    assert "to run: 1" in command("prebuild", book(folder)).stdout


def test_a_failing_cell_fails_prebuild_with_name_and_traceback(folder):
    (folder / "ch/01_a.py").write_text(SOURCE + "\n# %%\n1 / 0\n")
    for _ in range(2):  # a failure is not cached
        done = command("prebuild", book(folder))
        assert done.returncode == 1
        assert "notebooks/ch/01_a.ipynb" in done.stderr and "ZeroDivisionError" in done.stderr


def test_prune_keeps_the_caches_used_last(tmp_path):
    for n in range(6):
        (tmp_path / f"k{n}").mkdir()
        os.utime(tmp_path / f"k{n}", (n, n))
    prebuild.prune(tmp_path / "k0", keep=2)
    assert {p.name for p in tmp_path.iterdir()} == {"k0", "k4", "k5"}


def nbval(folder):
    return run_nbval.main(["--folder", str(folder), "--site", str(booklib.ROOT / "pkg")])


def test_nbval_compares_verdicts_and_notices_another(folder, capsys):
    command("execute", "--folder", str(folder))
    assert nbval(folder) == 0
    notebook = booklib.read_notebook(twin(folder))
    notebook.cells[2].outputs[0].text = "PASS: within 9 s.e.\n"
    booklib.write(notebook, twin(folder))
    assert nbval(folder) == 1
    assert "ch/01_a" in capsys.readouterr().err


def test_budget_names_what_is_too_slow():
    run = run_nbval.Run("ch/slow", 0, "", 61.0, "")
    one, median = run_nbval.over_budget([run])
    assert "ch/slow" in one and "median" in median
    fast = [run_nbval.Run(f"ch/{n}", 0, "", 20.0, "") for n in range(46)]
    assert run_nbval.over_budget(fast[:45]) == []
    assert "limit 900" in run_nbval.over_budget(fast)[0]


def test_a_hidden_wheel_is_refused(tmp_path):
    (tmp_path / "site").mkdir()
    with pytest.raises(SystemExit, match="is hidden by"):
        run_nbval.wheel_in_use(tmp_path / "site")


def test_ids_are_a_function_of_the_source_and_unique():
    cells = [nbformat.v4.new_code_cell("x = 1") for _ in range(2)]
    notebook = booklib.normalise(nbformat.v4.new_notebook(cells=cells))
    first, second = (cell.id for cell in notebook.cells)
    assert second == f"{first}-2" and json.dumps(first)


SILENT = "RuntimeError: Kernel didn't respond in 60 seconds"


def test_a_kernel_that_never_answered_gets_a_second_try(monkeypatch, tmp_path, capsys):
    """Once, aloud; a notebook that fails for itself gets none."""
    said = [(1, SILENT), (0, "1 passed in 1.0s")]
    monkeypatch.setattr(
        run_nbval, "once", lambda *a: run_nbval.Run("x", *said[0][:1], "", 1.0, said.pop(0)[1])
    )
    assert run_nbval.run_one(tmp_path, "x", tmp_path).code == 0
    assert "once more" in capsys.readouterr().err
    said = [(1, "1 failed in 1.0s"), (0, "1 passed in 1.0s")]
    assert run_nbval.run_one(tmp_path, "x", tmp_path).code == 1 and len(said) == 1


def test_executing_tries_a_silent_kernel_again_and_nothing_else(monkeypatch):
    answers = [RuntimeError("Kernel didn't respond in 60 seconds"), 1.5]

    def tried(*args):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(execute, "_run", tried)
    assert execute.run(None, env={}) == 1.5
    answers = [execute.DeadKernelError("Kernel died"), 1.5]
    with pytest.raises(execute.DeadKernelError):
        execute.run(None, env={})
    assert answers == [1.5]
