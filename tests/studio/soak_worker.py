"""The quick worker for photos; what begins as `fake_worker` knows it is done as there. `python soak_worker.py`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from bodydouble.studio.folder import UPLOAD  # noqa: E402
from bodydouble.workers.serve import serve, take_output  # noqa: E402
from tests.studio import fake_worker  # noqa: E402

STAND_INS = (b"bad", b"slow", b"broken")


def task(order, progress, cancel):
    """Carry out one order."""
    with (Path(order["folder"]) / UPLOAD).open("rb") as file:
        beginning = file.read(8)
    if beginning.startswith(STAND_INS):
        return fake_worker.task(order, progress, cancel)
    from tests.studio import quick_worker  # takes seconds to import, and a worker that was killed may not need it

    quick_worker.hurry()
    return quick_worker.worker_tasks.run_task(order, progress, cancel)


if __name__ == "__main__":
    serve(sys.stdin, take_output(), task)
