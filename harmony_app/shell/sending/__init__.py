"""Files for the server: sent in pieces with progress, or named by their path where that is allowed."""

from harmony_app.shell.sending.field import FileField, file_label, not_received
from harmony_app.shell.sending.upload import FileUpload

__all__ = ["FileField", "FileUpload", "file_label", "not_received"]
