"""A visitor without a browser: opens a page over HTTP and works on it over the server's websocket."""

import asyncio
import json
import re
import time
import urllib.parse
from dataclasses import dataclass
from typing import Any

from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

_LARGE = 200 * 2**20
_PATIENCE_SECONDS = 180
_PARTS = frozenset({"form", "preview", "teamwork"})


class RefusedError(Exception):
    """The page did not take an edit, or could not keep it."""


def _map(values: dict[str, Any]) -> dict[str, Any]:
    return {"type": "map", "entries": [[name, value] for name, value in values.items()]}


@dataclass
class RawSession:
    """One visitor of the Harmonize page.

    Attributes
    ----------
    received
        Bytes the server sent.
    early
        Consequences of earlier edits that arrived while a later one waited for its answer.
    """

    socket: WebSocketClientConnection
    desk: str = ""
    received: int = 0
    early: int = 0

    @classmethod
    async def open(
        cls,
        url: str,
        query: dict[str, str],
        *,
        page: str = "harmonize",
        headers: dict[str, str] | None = None,
    ) -> "RawSession":
        """Open a page, load its content and report it shown, as a browser does.

        `headers` go with both requests; of other pages than Harmonize the content is all there is.
        """
        address = f"{url}/{page}?{urllib.parse.urlencode(query)}"
        shown = await AsyncHTTPClient().fetch(
            address, headers=headers, request_timeout=_PATIENCE_SECONDS
        )
        token = re.search(r'"token":"([^"]+)"', shown.body.decode()).group(1)
        request = HTTPRequest(
            f"{url.replace('http', 'ws')}/{page}/ws",
            headers={"Origin": url, **(headers or {})},
            request_timeout=_PATIENCE_SECONDS,
        )
        socket = await websocket_connect(
            request, subprotocols=["bokeh", token], max_message_size=_LARGE
        )
        session = cls(socket, received=len(shown.body))
        await session._message()  # the server's greeting
        await session._send("PULL-DOC-REQ", {})
        kind, content = await session._message()
        while kind != "PULL-DOC-REPLY":
            kind, content = await session._message()
        session.desk = _find_desk(content)
        await session._event("document_ready", {})
        if page == "harmonize":
            await session.wait_for("preview")
        return session

    async def edit(self, sequence: int, message: dict[str, Any]) -> tuple[float, float]:
        """Send an edit; returns seconds until the changed harmony and until its consequence.

        The answer is the harmony that names this edit's number: a consequence that arrives before it
        is that of an earlier edit.

        Raises
        ------
        RefusedError
            If the page says that the edit was refused, or is not kept.
        """
        start = time.perf_counter()
        data = _map({**message, "sequence": sequence})
        await self._event("data_event", {"model": {"id": self.desk}, "data": data})
        answered = 0.0
        while True:
            _, content = await self._message()
            changed = changed_parts(content)
            if problem := _told_problem(content, changed):
                raise RefusedError(problem)
            if not answered and changed.get("form", {}).get("sequence") == sequence:
                answered = time.perf_counter() - start
            elif not answered and "preview" in changed:
                self.early += 1
            if answered and "preview" in changed:
                return answered, time.perf_counter() - start

    async def wait_for(self, part: str) -> None:
        """Wait until the server sends a part of the page."""
        while part not in changed_parts((await self._message())[1]):
            pass

    def close(self) -> None:
        self.socket.close()

    async def _event(self, name: str, values: dict[str, Any]) -> None:
        event = {"type": "event", "name": name, "values": _map(values)}
        message = {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": event}
        await self._send("PATCH-DOC", {"events": [message]})

    async def _send(self, kind: str, content: dict[str, Any]) -> None:
        header = {"msgid": str(time.perf_counter_ns()), "msgtype": kind}
        for part in (header, {}, content):
            await self.socket.write_message(json.dumps(part))

    async def _message(self) -> tuple[str, dict[str, Any]]:
        """Read one message: header, metadata, content and whatever buffers follow."""
        frames = [await self._frame() for _ in range(3)]
        header, content = json.loads(frames[0]), json.loads(frames[2])
        for _ in range(2 * header.get("num_buffers", 0)):
            await self._frame()
        return header["msgtype"], content

    async def _frame(self) -> str | bytes:
        frame = await asyncio.wait_for(self.socket.read_message(), _PATIENCE_SECONDS)
        if frame is None:
            raise ConnectionError("The server closed the connection")
        self.received += len(frame)
        return frame


def changed_parts(content: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of the page a message of the server replaces, by name."""
    found = {
        event["attr"]: event.get("new") for event in content.get("events", []) if "attr" in event
    }
    return {
        name: json.loads(value) if isinstance(value, str) and name in _PARTS else value
        for name, value in found.items()
    }


def _told_problem(content: dict[str, Any], changed: dict[str, Any]) -> str:
    """Return what the page is told of an edit that was not taken or not kept; empty if nothing."""
    if "teamwork" in changed and not changed["teamwork"]["is_kept"]:
        return "the edit is shown but not kept"
    told = [event for event in content.get("events", []) if event.get("kind") == "MessageSent"]
    return next((text for text in map(json.dumps, told) if '["kind", "problem"]' in text), "")


def _find_desk(value: Any) -> str:
    """Find the component's data model: the one that has a form and a preview."""
    if isinstance(value, dict):
        attributes = value.get("attributes")
        if isinstance(attributes, dict) and attributes.get("class_name") == "HarmonizeComponent":
            return str(value["id"])
        value = list(value.values())
    if isinstance(value, list):
        return next((found for item in value if (found := _find_desk(item))), "")
    return ""
