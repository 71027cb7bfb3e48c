"""The figures EIA publishes in its guide to the RECS 2015 microdata, read from the document itself."""

import re
import zlib
from pathlib import Path

import pandas as pd

_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_SHOWN = re.compile(rb"\[(.*?)\]\s*TJ|(\((?:[^()\\]|\\.)*\))\s*Tj", re.DOTALL)
_TEXT = re.compile(rb"\((?:[^()\\]|\\.)*\)")


def guide_text(path: Path) -> str:
    """Return the text of a PDF file that shows plain characters, in the order it is drawn."""
    pages = []
    for stream in _STREAM.findall(path.read_bytes()):
        try:
            content = zlib.decompressobj().decompress(stream)
        except zlib.error:  # a picture or a font in another encoding
            continue
        shown = b"".join(several or one for several, one in _SHOWN.findall(content))
        pages.append(b"".join(part[1:-1] for part in _TEXT.findall(shown)).decode("latin-1"))
    return re.sub(r"\s+", " ", " ".join(pages))


def tables_after(text: str, heading: str, columns: list[str], rows: int) -> list[pd.DataFrame]:
    """Return every table of R output with a heading: the numbers after it, without row names."""
    width = len(columns) + 1
    return [
        pd.DataFrame(
            [part.split()[row * width + 1 : (row + 1) * width] for row in range(rows)],
            columns=columns,
        ).astype(float)
        for part in text.split(heading)[1:]
    ]
