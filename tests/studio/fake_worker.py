"""A worker that computes nothing: what an upload says is what happens to it. `python fake_worker.py`."""

import json
import os
import sys
import time
from pathlib import Path

from bodydouble.errors import Cancelled, InputError
from bodydouble.studio.folder import ABOUT, CREATE, UPLOAD, uploads_in
from bodydouble.studio.products import ALWAYS, PEOPLE, PERSON
from bodydouble.workers.serve import serve

GROUP = [
    {"number": number, "taken": number == 2, "left": left, "top": 0.1, "width": 0.4, "height": 0.8}
    for number, left in ((1, 0.05), (2, 0.55))
]
PIXEL = bytes.fromhex("47494638396101000100800000ffffff00000021f90400000000002c00000000010001000002024401003b")  # a GIF


def task(order, progress, cancel):
    """`slow` and `group`, of two people, go on until they are cancelled, `deaf` beyond that; others end as they say."""
    folder = Path(order["folder"])
    progress("fit", 0.5)
    what = (folder / UPLOAD).read_text(errors="replace")
    if what.startswith("bad"):
        raise InputError("this shows nobody")
    if what.startswith("broken"):
        raise RuntimeError("of nobody's concern")
    if what.startswith("dying"):
        os._exit(9)
    if what.startswith("group"):
        (folder / PEOPLE.file).write_text(json.dumps(GROUP))
        (folder / PERSON.file).write_bytes(PIXEL)
    while what.startswith("deaf"):
        time.sleep(0.01)
    while what.startswith(("slow", "group")):
        if cancel.is_set():
            raise Cancelled("cancelled")
        time.sleep(0.01)
    if order["makes"] != CREATE:
        (folder / order["makes"]).write_text(f"made of {order['name']}")
        return
    about = {"name": order["name"], "created": order["created"], "notes": [], "surfaces": []}
    about |= {"options": order["options"], "pid": os.getpid(), "photos": len(uploads_in(folder))}
    (folder / ABOUT).write_text(json.dumps(about))
    for product in ALWAYS:
        (folder / product.file).write_text(what)


if __name__ == "__main__":
    serve(sys.stdin, os.fdopen(os.dup(1), "w"), task)
