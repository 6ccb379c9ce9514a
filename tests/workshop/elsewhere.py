"""For processes that tests start: they find the library and the workshop of this checkout, whatever is installed."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]


def environment(**variables: str) -> dict[str, str]:
    """This process' variables with others, and with the checkout's two roots to import from."""
    return {**os.environ, **variables, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])}
