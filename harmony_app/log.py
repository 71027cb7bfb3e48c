"""The app's log: what no visitor can mend, with the whole story, for whoever runs the server."""

from __future__ import annotations

import logging
from typing import Final

from bokeh.util.logconfig import basicConfig

LOG: Final = logging.getLogger("harmony_app")


def log_to_stderr(level: str = "warning") -> None:
    """Write what this program and its libraries log to standard error, each line with its time.

    For the command that starts the server: a library never decides where a log goes.

    Parameters
    ----------
    level
        From which severity on, for this program; other libraries are heard from warnings on.
    """
    # Bokeh's own variant takes back the handler Bokeh installed, which would tell everything twice.
    basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    LOG.setLevel(level.upper())


__all__ = ["LOG", "log_to_stderr"]
