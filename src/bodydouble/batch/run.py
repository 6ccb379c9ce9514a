"""A double of each of many photos: what is there is left, what is missing is made, and all of it is written down."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from threading import Lock

from bodydouble.batch import Order, Workers
from bodydouble.batch.local_workers import LocalWorkers, default_count
from bodydouble.batch.manifest import Manifest, Record, record_outcome
from bodydouble.batch.orders import PICTURES, find_photos, make_orders
from bodydouble.batch.report import SHEET, TABLE, write_sheets, write_table
from bodydouble.batch.settings import plain_settings
from bodydouble.create_config import CreateConfig
from bodydouble.errors import InputError
from bodydouble.files import check_parent, printable, remove_leftovers
from bodydouble.folder_lock import lock_folder
from bodydouble.pipeline import Pipeline
from bodydouble.progress import Progress


def create_many(
    sources: Sequence[str | Path],
    out_dir: str | Path,
    *,
    config: CreateConfig | None = None,
    body_file: Path | None = None,
    workers: int | None = None,
    ray: str | None = None,
    progress: Progress | None = None,
) -> list[Record]:
    """Make a double of each photo, in several processes. Called again, it goes on where it stopped.

    `out_dir` gets NAME.double of each NAME.jpg, pictures/NAME.png, sheet.png, doubles.csv, and manifest.jsonl. A double
    that is there, of the same bytes with the same options, is not made again; what failed is tried again. However it is
    interrupted, all files that it leaves are whole.

    Args:
        sources: photos and videos, each of one person; or folders, of which those are taken that lie directly in them.
        out_dir: the folder to write into; made if missing.
        config: the same for all; parts are chosen by name. `box` and `person`, which hold for one photo, cannot be set.
        body_file: the user's own model, where `config.body` is `smplx`.
        workers: processes; None: as many as there are cores and memory for, on a cluster one for each of its cores.
        ray: the address of a Ray cluster whose machines do the work; "local" starts one here.
        progress: told how many photos are through, and how much of the whole is done.

    Returns:
        What became of each photo, in their order. A photo that cannot be used stops no other.

    Raises:
        InputError: there is no photo, two would have one name, the configuration cannot be used, the folder cannot be
            made, or another run works in it.
    """
    out_dir, config = Path(out_dir), config or CreateConfig()
    if workers is not None and workers < 1:
        raise InputError(f"{workers} workers make nothing; give 1 or more")
    settings = plain_settings(config, body_file)
    Pipeline(config)  # says what is missing before the work begins
    orders = make_orders(find_photos([Path(source) for source in sources]), out_dir, settings)
    _make_folder(out_dir)
    with lock_folder(out_dir, f"another run works in {out_dir}; wait for it, or choose another --out-dir"):
        for folder in (out_dir, out_dir / PICTURES):
            remove_leftovers(folder)
        manifest = Manifest.load(out_dir)
        missing = [order for order in orders if not manifest.made(order)]
        count = workers or default_count()
        if missing:
            crew = LocalWorkers(min(count, len(missing)), out_dir) if ray is None else _ray_workers(ray, workers)
            _carry_out(missing, crew, manifest, len(orders), progress)
        records = [manifest.records[order.double.name] for order in orders]
        write_table(records, out_dir / TABLE)
        write_sheets(records, out_dir / SHEET)
    return records


def _carry_out(
    orders: Sequence[Order], crew: Workers, manifest: Manifest, total: int, progress: Progress | None
) -> None:
    """Have the orders carried out, and write down what becomes of each."""
    tally = _Tally(total, total - len(orders), progress)
    with closing(crew.run(orders, tally.tell)) as outcomes:
        for outcome in outcomes:
            manifest.add(record_outcome(outcome))
            tally.finish(outcome.order)


def _make_folder(out_dir: Path) -> None:
    check_parent(out_dir)
    if out_dir.exists() and not out_dir.is_dir():
        raise InputError(f"cannot write into {out_dir}: it is a file; give a folder")
    (out_dir / PICTURES).mkdir(parents=True, exist_ok=True)


def _ray_workers(address: str, count: int | None) -> Workers:
    from bodydouble.batch.ray_workers import RayWorkers  # an extra

    return RayWorkers(address, count)


class _Tally:
    """How far a run has come; told from several threads."""

    def __init__(self, total: int, finished: int, progress: Progress | None) -> None:
        self._total, self._finished, self._progress = total, finished, progress
        self._begun: dict[Path, float] = {}  # how much of each is done
        self._what = f"{finished} of {total}"
        self._lock = Lock()
        self._say()

    def tell(self, order: Order, done: float) -> None:
        with self._lock:
            self._begun[order.double] = done
            self._say()

    def finish(self, order: Order) -> None:
        with self._lock:
            self._begun.pop(order.double, None)
            self._finished += 1
            self._what = f"{self._finished} of {self._total}: {printable(order.photo.name)}"
            self._say()

    def _say(self) -> None:
        if self._progress:
            self._progress(self._what, (self._finished + sum(self._begun.values())) / self._total)
