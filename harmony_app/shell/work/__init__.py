"""Work beside a session: in the background, in runs, and waited for."""

from harmony_app.shell.work.at_once import (
    at_once,
)
from harmony_app.shell.work.background import (
    BackgroundWork,
    shared_worker,
)
from harmony_app.shell.work.failures import (
    failure_text,
)
from harmony_app.shell.work.jobs import (
    job_indicator,
)
from harmony_app.shell.work.run_watch import (
    RunRow,
    RunWatch,
)
from harmony_app.shell.work.shared_estimates import (
    shared_estimates,
)
from harmony_app.shell.work.slow_work import (
    SlowWork,
)
from harmony_app.shell.work.waiting import (
    waiting_panel,
)

__all__ = [
    "BackgroundWork",
    "RunRow",
    "RunWatch",
    "SlowWork",
    "at_once",
    "failure_text",
    "job_indicator",
    "shared_estimates",
    "shared_worker",
    "waiting_panel",
]
