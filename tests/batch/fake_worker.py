"""A worker that computes nothing: what a photo's file says is what happens to it. `python fake_worker.py`."""

import os
import signal
import sys
import time
from pathlib import Path

from PIL import Image

from bodydouble.errors import Cancelled, InputError
from bodydouble.files import whole_file
from bodydouble.workers.serve import serve, take_output


def task(order, progress, cancel):
    """`gone` vanishes, `bad` is refused, `slow` goes on until it is cancelled.

    `dying` kills the process once, `deadly` every time.
    """
    photo, double = Path(order["photo"]), Path(order["double"])
    what = photo.read_text()
    progress("fit", 0.5)
    with photo.with_suffix(".tries").open("a") as file:
        file.write(f"{os.getpid()}\n")
    if what.startswith("gone"):
        photo.unlink()
        photo.read_bytes()
    if what.startswith("bad"):
        raise InputError(f"{photo.name} shows nobody")
    if what.startswith("deadly") or (what.startswith("dying") and len(tries(photo)) == 1):
        os.kill(os.getpid(), signal.SIGKILL)
    with whole_file(double) as temporary:
        while what.startswith("slow"):
            if cancel.is_set():
                raise Cancelled("cancelled")
            temporary.write_text("half")
            time.sleep(0.01)
        temporary.write_text(f"{what} {order['settings']}")
    Image.new("RGBA", (576, 256), (200, 30, 30, 255)).save(order["picture"])
    return {"seen_fraction": 0.25, "silhouette_iou": 0.9, "notes": ["of no concern"]}


def tries(photo):
    """Processes that were given the photo."""
    return photo.with_suffix(".tries").read_text().split()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve(sys.stdin, take_output(), task)
