"""Files as a browser sends them: in pieces."""

from types import SimpleNamespace

from harmony_app.shell.sending import FileUpload


def piece(name: str, data: bytes, number: int = 1, of: int = 1) -> SimpleNamespace:
    record = {"name": name, "data": data, "chunk": number, "total_chunks": of, "type": "text/csv"}
    return SimpleNamespace(event_name="upload_event", data=record)


def send(upload: FileUpload, name: str, content: bytes) -> None:
    """Send a file whole, which replaces one sent before."""
    upload._process_event(piece(name, content))
