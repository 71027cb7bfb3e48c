"""The shared survey data: real public files that lie beside the checkout, where they are at all."""

from pathlib import Path
from typing import ClassVar, NoReturn

import pytest

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


class SharedPath(type(Path())):
    """A path among the shared data; a file that is absent skips the test that asks for it.

    Where the data are expected (``--require-shared-data``) such a test fails instead, so that no
    comparison is left out unnoticed. A file that may be absent is named by `with_name`.
    """

    required: ClassVar[bool] = False

    def __truediv__(self, name):
        found = super().__truediv__(name)
        if found.suffix and not found.exists():
            found._lack()
        return found

    def glob(self, pattern):
        if not self.exists():
            self._lack()
        return super().glob(pattern)

    def _lack(self) -> NoReturn:
        sentence = f"needs the shared survey data {self}, which are not there"
        if self.required:
            pytest.fail(sentence, pytrace=False)
        pytest.skip(sentence)
