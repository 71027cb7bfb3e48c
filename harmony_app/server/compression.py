"""Scripts and style sheets of the libraries sent compressed: a third of their weight."""

from __future__ import annotations

from tornado.httputil import HTTPServerRequest
from tornado.web import GZipContentEncoding


class CompressedFiles(GZipContentEncoding):
    """Compresses files, and never pages: what a page's length tells of the secrets in it stays nothing.

    Parameters
    ----------
    request
        What is asked for.
    """

    def __init__(self, request: HTTPServerRequest) -> None:
        super().__init__(request)
        self._gzipping = self._gzipping and "/static/" in request.path
