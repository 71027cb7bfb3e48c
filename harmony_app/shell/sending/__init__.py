"""Files for the server: sent with progress, or named by their path where that is allowed."""

from harmony_app.shell.sending.field import FileField, not_received
from harmony_app.shell.sending.upload import SEND_SCRIPT, FileUpload

__all__ = ["SEND_SCRIPT", "FileField", "FileUpload", "not_received"]
