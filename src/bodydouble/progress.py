"""How long work tells what it is doing."""

from collections.abc import Callable

Progress = Callable[[str, float], None]  # what is being done, and how much of it is done, in [0, 1]
