"""The Fuse place: what to fuse, from what and how; runs in progress and finished."""

from harmony_app.fuse.page import build

__all__ = ["build"]
