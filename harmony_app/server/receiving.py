"""Files that visitors send, as the bodies of HTTP requests, written to disk while they come."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from bokeh.server.views.auth_request_handler import AuthRequestHandler
from tornado.ioloop import IOLoop
from tornado.web import HTTPError, stream_request_body

from fusion_core.errors import HarmonyError

if TYPE_CHECKING:
    from harmony_app.shell.inbox import Arrival, Inbox
    from harmony_app.shell.session import Serving

ADDRESS: Final = r"/upload/([A-Za-z0-9_-]+)"
NAME_HEADER: Final = "X-File-Name"
_PIECE: Final = 1 << 20
_FORBIDDEN, _LENGTH_REQUIRED, _REFUSED, _NO_ROOM = 403, 411, 409, 507
_WRITERS: Final = ThreadPoolExecutor(max_workers=4, thread_name_prefix="upload")
"""Write to disks, which may take their time, while the server answers others."""


@stream_request_body
class UploadHandler(AuthRequestHandler):
    """Answers ``/upload/<key>``, where a key is of one field of one visitor's page.

    Asked first for the token against forgery, then sent a file. Answers 403 to anybody but the
    visitor the page was made for, and 409 or 507 where the page says why the file was not taken.
    """

    def initialize(self, **options: Any) -> None:
        """Take what is served from the address table."""
        self._serving: Serving = options.pop("serving")
        self._arrival: Arrival | None = None
        self._came = bytearray()
        self._is_writing = False
        super().initialize(**options)

    async def prepare(self) -> None:
        """Make room for the file before any of it is read."""
        await super().prepare()
        inbox = self._inbox()
        if self.request.method != "POST":
            return
        length = self.request.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdecimal()):
            raise HTTPError(_LENGTH_REQUIRED)
        try:
            self._arrival = inbox.begin(
                unquote(self.request.headers.get(NAME_HEADER, "")), int(length)
            )
        except HarmonyError as error:
            raise HTTPError(_REFUSED) from error
        except OSError as error:
            raise HTTPError(_NO_ROOM) from error
        self.request.connection.set_max_body_size(int(length))

    def get(self, key: str) -> None:
        """Tell the page what its next request has to bring."""
        del key
        self.set_header("Cache-Control", "no-store")
        self.write({"token": self.xsrf_token.decode("ascii")})

    async def data_received(self, chunk: bytes) -> None:
        """Write down what came, in larger pieces."""
        self._came += chunk
        if len(self._came) >= _PIECE:
            await self._write()

    async def post(self, key: str) -> None:
        """Hand the file over."""
        del key
        if self._came and not await self._write():
            return
        if self._arrival is not None:
            self._arrival.finish()
            self._arrival = None
        self.set_status(204)

    def on_connection_close(self) -> None:
        """Forget a file whose sender is gone."""
        super().on_connection_close()
        if not self._is_writing:
            self._lose()

    async def _write(self) -> bool:
        """Write down what came; refuse the rest of a file for which there is no room."""
        data, self._came = bytes(self._came), bytearray()
        arrival = self._arrival
        if arrival is None or not arrival.is_wanted:
            self._lose()
            return self._refuse(_REFUSED)
        self._is_writing = True
        try:
            await IOLoop.current().run_in_executor(_WRITERS, arrival.write, data)
        except OSError:
            self._arrival = None
            return self._refuse(_NO_ROOM)
        finally:
            self._is_writing = False
        if self.request.connection.stream.closed():
            self._lose()
        return True

    def _refuse(self, status: int) -> bool:
        if not self._finished:
            self.set_status(status)
            self.finish()  # closes the connection, whatever is still to come
        return False

    def _lose(self) -> None:
        if self._arrival is not None:
            self._arrival.lose()
            self._arrival = None

    def _inbox(self) -> Inbox:
        # Who asks is found out first: a proxy's word on it becomes one of the cookies.
        inbox = self._serving.uploads.inbox(self.path_args[0]) if self.current_user else None
        cookies = {name: morsel.value for name, morsel in self.request.cookies.items()}
        if inbox is None or not inbox.is_sender(cookies):
            raise HTTPError(_FORBIDDEN, reason="This page takes no files any more")
        return inbox


def upload_patterns(serving: Serving) -> list[tuple[str, type, dict[str, Any]]]:
    """Return the address table entries the server needs."""
    return [(ADDRESS, UploadHandler, {"serving": serving})]


__all__ = ["UploadHandler", "upload_patterns"]
