"""One line in the log for every request: who asked what, how it was answered, and how long it took."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from harmony_app.log import LOG

if TYPE_CHECKING:
    from tornado.web import RequestHandler

    from harmony_app.access import Door

REQUESTS: Final = LOG.getChild("requests")
_UNINTERESTING: Final = ("/static/", "/healthz", "/favicon.ico")


def request_log(door: Door) -> Callable[[RequestHandler], None]:
    """Return what Tornado calls with every request that is answered."""

    def log(handler: RequestHandler) -> None:
        status, request = handler.get_status(), handler.request
        cookies = {name: morsel.value for name, morsel in request.cookies.items()}
        level = logging.INFO
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            level = logging.ERROR
        elif status >= HTTPStatus.BAD_REQUEST:
            level = logging.WARNING
        elif any(part in request.path for part in _UNINTERESTING):
            level = logging.DEBUG
        REQUESTS.log(
            level,
            "%d %s %s %s %s %.0f ms",
            status,
            request.method,
            request.path,  # what is looked at stands behind it, and is nobody's business
            request.remote_ip,
            door.name_of(cookies) or "-",
            1000 * request.request_time(),
        )

    return log


__all__ = ["request_log"]
