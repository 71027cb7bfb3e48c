"""The app's log: what no visitor can mend, with the whole story, for whoever runs the server."""

from __future__ import annotations

import logging
from typing import Final

from bokeh.util.logconfig import basicConfig

LOG: Final = logging.getLogger("harmony_app")


def log_to_stderr() -> None:
    """Write what this program and its libraries log to standard error, each line with its time.

    For the command that starts the server: a library never decides where a log goes.
    """
    # Bokeh's own variant takes back the handler Bokeh installed, which would tell everything twice.
    basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.WARNING)


__all__ = ["LOG", "log_to_stderr"]
