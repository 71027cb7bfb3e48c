"""Files as a browser sends them, without the request around them."""

from harmony_app.shell.inbox import Inbox
from harmony_app.shell.sending import FileUpload


def send(upload: FileUpload, name: str, content: bytes) -> None:
    """Send a file whole, which replaces one sent before."""
    arrive(upload.inbox, name, content)


def arrive(inbox: Inbox, name: str, content: bytes) -> None:
    arrival = inbox.begin(name, len(content))
    arrival.write(content)
    arrival.finish()
