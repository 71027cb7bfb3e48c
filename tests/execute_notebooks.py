"""Execute the notebooks of the documentation, so that they show what this version answers."""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "assets" / "docs" / "notebooks"
PATIENCE_SECONDS = 1800


def executed(path: Path) -> nbformat.NotebookNode:
    """Return a notebook as it is after all its cells ran in order; a failing cell raises."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=PATIENCE_SECONDS, kernel_name="python3").execute()
    for cell in notebook.cells:
        cell.metadata.clear()  # times of this very execution
    notebook.metadata.language_info = {"name": "python", "pygments_lexer": "ipython3"}
    return notebook


def main() -> int:
    for path in sorted(FOLDER.glob("*.ipynb")):
        nbformat.write(executed(path), path)
        print(f"Executed {path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
