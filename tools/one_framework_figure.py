"""The figure of the page "One framework", taken from its notebook.

OMP_NUM_THREADS=1 python tools/one_framework_figure.py
"""

import base64

import booklib
import execute

SOURCE = booklib.NOTEBOOKS / "log_landscape" / "06_one_framework.py"
FIGURE = "fig-tail-of-all"


def main() -> None:
    """Run the notebook and write the picture of the cell that bears the figure's name."""
    notebook = booklib.read_source(SOURCE)
    execute.run(notebook)
    for cell in notebook.cells:
        if cell.metadata.get("mystnb", {}).get("figure", {}).get("name") == FIGURE:
            [picture] = [
                o.data["image/png"] for o in cell.outputs if "image/png" in o.get("data", {})
            ]
            path = booklib.ROOT / "book" / "_static" / "one_framework.png"
            path.write_bytes(base64.b64decode(picture))
            print(path, path.stat().st_size)


if __name__ == "__main__":
    main()
