"""The worker as it is, with settings that take seconds: `python quick_worker.py`."""

import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from bodydouble import double  # noqa: E402
from bodydouble.studio import worker, worker_tasks  # noqa: E402
from tests.sample import QUICK  # noqa: E402

_config_of = worker_tasks.config_of


def hurry() -> None:
    """From now on it takes seconds."""
    worker_tasks.config_of = lambda options: replace(
        QUICK, traits=_config_of(options).traits, person=_config_of(options).person
    )
    double.VIDEO_SIZE = (64, 48)


if __name__ == "__main__":
    hurry()
    worker.main()
