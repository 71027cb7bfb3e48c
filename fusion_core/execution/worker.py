"""The process of one run: ``python -m fusion_core.execution.worker WORKSPACE RUN_ID [FOLDS]``.

With a number of folds it is that of a check of a finished run, see `fusion_core.execution.checking`.

It is started by `fusion_core.execution.start_run` in a session of its own, so neither closing the
browser nor stopping the server ends it. Everything it has to say goes to the run's folder; the exit
code is 0 when finished, 1 when failed, 2 when cancelled.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fusion_core.errors import Cancelled, HarmonyError
from fusion_core.execution.checking import execute_check
from fusion_core.execution.line import move_on
from fusion_core.execution.pipeline import execute_run
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import open_run

FINISHED, FAILED, CANCELLED = 0, 1, 2


def main(arguments: list[str]) -> int:
    """Execute the run named on the command line, or its check."""
    folder, identifier, *folds = arguments
    workspace = Workspace.open(Path(folder))
    run = open_run(workspace, identifier)
    try:
        if folds:
            execute_check(workspace, run, int(folds[0]))
        else:
            execute_run(workspace, run)
    except Cancelled:
        return CANCELLED
    except HarmonyError as error:
        sys.stderr.write(f"{error.message}\n")
        return FAILED
    finally:
        move_on(workspace)
    return FINISHED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
