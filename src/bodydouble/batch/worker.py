"""A process that makes doubles: `python -m bodydouble.batch.worker`.

Its orders have `photo`, `double`, `picture` and `settings`, as `Order` has them. It computes in one thread, so that
what comes out does not depend on how many work beside it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from bodydouble.progress import Progress
from bodydouble.terminal import silence_libraries
from bodydouble.workers.serve import serve, take_output

WORKER = (sys.executable, "-m", "bodydouble.batch.worker")


def main() -> None:
    """Serve until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all processes; the owner tells when to stop
    silence_libraries()
    use_one_thread()
    answers = take_output()
    from bodydouble.batch.making import make_double

    def carry_out(order: dict[str, Any], progress: Progress, cancel: threading.Event) -> dict[str, Any]:
        photo, double, picture = (Path(order[name]) for name in ("photo", "double", "picture"))
        return make_double(photo, double, picture, order["settings"], progress, cancel)

    serve(sys.stdin, answers, carry_out)


def use_one_thread() -> None:
    """Of the libraries that compute; to be called before they are imported."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    import torch

    torch.set_num_threads(1)


if __name__ == "__main__":
    main()
