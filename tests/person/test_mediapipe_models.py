"""MediaPipe starts without what it plots with."""

import subprocess
import sys

import pytest

PLOT = """
import sys
from bodydouble.person.mediapipe_models import plots_later

with plots_later():
    import matplotlib.pyplot as plots
    assert not hasattr(plots, "__file__")  # as `inspect` asks of every module
assert not [name for name in sys.modules if name.startswith("matplotlib")]
figure = plots.figure
import matplotlib.pyplot
assert figure is matplotlib.pyplot.figure
with plots_later():
    import matplotlib.pyplot as again
assert again is matplotlib.pyplot
"""


def test_plots_are_imported_when_they_are_asked_for():
    pytest.importorskip("matplotlib")
    done = subprocess.run([sys.executable, "-c", PLOT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
