"""MediaPipe starts without what it plots with."""

import os
import subprocess
import sys

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


def test_plots_are_imported_when_they_are_asked_for(tmp_path):
    package = tmp_path / "matplotlib"  # one that is imported in no time
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "pyplot.py").write_text("def figure(): ...")
    path = os.pathsep.join([str(tmp_path), *sys.path])
    done = subprocess.run(
        [sys.executable, "-c", PLOT], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}
    )
    assert done.returncode == 0, done.stderr[-2000:]
