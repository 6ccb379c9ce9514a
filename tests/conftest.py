"""Fixtures that many tests share, and a count of what was not tested for want of the shared material."""

import os
from pathlib import Path

import pytest
import torch

from bodydouble.body.anny import AnnyBody

SHARED = os.environ.get("BODYDOUBLE_SHARED", "")
WITHOUT_SHARED = "BODYDOUBLE_SHARED names no folder with photos, motions and wardrobe"

torch.set_num_threads(min(2, os.cpu_count() or 1))


@pytest.fixture(scope="session")
def anny() -> AnnyBody:
    """The default body model, built once."""
    return AnnyBody()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real photos, motions and wardrobe; skips the test where there is none."""
    if not SHARED or not Path(SHARED).is_dir():
        pytest.skip(WITHOUT_SHARED)
    return Path(SHARED)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests were skipped, and why: a green run without the shared material has checked less."""
    reasons = [str(report.longrepr[-1]) for report in terminalreporter.stats.get("skipped", []) if report.longrepr]
    missing = sum("BODYDOUBLE_SHARED" in reason for reason in reasons)
    terminalreporter.write_line(f"{missing} tests skipped without the shared material, {len(reasons) - missing} others")
