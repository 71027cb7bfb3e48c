"""A visitor without a browser: asks a running server as a browser would, or as an attacker could."""

import http.client
import json
import re
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

PASSWORD = "correct horse battery staple"  # noqa: S105 - of the test's own people
_FRAGMENTS = 3
_TOKEN = re.compile(r'"token":"([^"]+)"')
_FORM_TOKEN = re.compile(r'name="_xsrf" value="([^"]+)"')


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    text: str


@dataclass
class Visitor:
    """Keeps cookies like a browser; `headers` go with every request."""

    port: int
    host: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(
        self, path: str, *, method: str = "GET", body: str | bytes | None = None, **more
    ) -> Answer:
        connection = http.client.HTTPConnection("localhost", self.port, timeout=60)
        headers = {"Host": self.host or f"localhost:{self.port}", **self.headers, **more}
        if self.cookies:
            headers["Cookie"] = self.cookie_header
        if body is not None:
            headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        for line in answer.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.coded_value
                if not morsel.value:
                    del self.cookies[name]
        connection.close()
        return Answer(answer.status, answer.headers, text)

    @property
    def cookie_header(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def sign_in(self, name: str, password: str = PASSWORD, *, prefix: str = "") -> Answer:
        form = self.ask(f"{prefix}/login").text
        token = _FORM_TOKEN.search(form)
        fields = {"username": name, "password": password, "_xsrf": token[1] if token else ""}
        return self.ask(f"{prefix}/login", method="POST", body=urlencode(fields))

    def token(self, path: str) -> str:
        """The token a page connects its socket with."""
        return _TOKEN.search(self.ask(path).text)[1]

    async def socket(self, path: str, token: str, **headers: str) -> WebSocketClientConnection:
        headers = {"Origin": f"http://localhost:{self.port}", **headers}
        if self.cookies:
            headers["Cookie"] = self.cookie_header
        request = HTTPRequest(f"ws://localhost:{self.port}{path}/ws", headers=headers)
        socket = await websocket_connect(request, subprotocols=["bokeh", token])
        for _ in range(_FRAGMENTS):  # the acknowledgement: what comes before it, nobody hears
            if await socket.read_message() is None:
                break
        return socket


async def pull(socket: WebSocketClientConnection) -> str | None:
    """Ask a socket for its document, as the page's first message does; ``None`` once it is closed."""
    header = {"msgid": "1", "msgtype": "PULL-DOC-REQ"}
    for part in (header, {}, {}):
        try:
            await socket.write_message(json.dumps(part))
        except Exception:  # noqa: BLE001 - closed while it was written to
            return None
    while (said := await socket.read_message()) is not None:
        if "PULL-DOC-REPLY" in str(said):
            await socket.read_message()
            return str(await socket.read_message())
    return None
