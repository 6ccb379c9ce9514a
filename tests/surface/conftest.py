"""The dressed body of which only the front was seen, as the tests of completion have it."""

from tests.inpaint.conftest import scene

__all__ = ["scene"]
