"""The process that computes: `python -m bodydouble.studio.worker`.

Its orders have `makes`, `folder`, `name` and `options`.
"""

from __future__ import annotations

import sys

from bodydouble.terminal import silence_libraries
from bodydouble.workers.serve import serve, take_output

WORKER = (sys.executable, "-m", "bodydouble.studio.worker")


def main() -> None:
    """Serve until the input ends."""
    silence_libraries()
    answers = take_output()
    from bodydouble.studio.worker_tasks import run_task

    serve(sys.stdin, answers, run_task)


if __name__ == "__main__":
    main()
