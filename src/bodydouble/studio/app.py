"""The routes: the page's own files, and under /api what the page asks for. Errors are one sentence in JSON."""

from __future__ import annotations

import base64
import math
import mimetypes
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from bodydouble.errors import InputError
from bodydouble.files import printable, whole_file
from bodydouble.studio.edits import CLOTHES, EDIT, REGION, SOURCE, WEAR, WINDOW, read_edit
from bodydouble.studio.folder import CREATE, UPLOAD, StudioFolder, new_id, uploads_in
from bodydouble.studio.guard import Guard
from bodydouble.studio.job_queue import JobQueue
from bodydouble.studio.products import (
    ALWAYS,
    DOUBLE,
    MOTION_SUFFIXES,
    OF_OWN_MOTION,
    OF_PHOTO,
    OWN_MOTION,
    PRODUCTS,
    REMADE,
)

# What a system's own table says of these is at times wrong, and browsers run no script of another type.
for _suffix in (".js", ".mjs"):
    mimetypes.add_type("text/javascript", _suffix)

PAGE = Path(__file__).parent / "page"
SAMPLE = Path(__file__).parents[1] / "data" / "sample.jpg"
UPLOAD_LIMIT = 250_000_000  # bytes: one for each of `person.photo.MOST_PIXELS`; no photo that is decoded has more
_NAME_LENGTH = 120  # characters of a photo's name that are kept
# Of a new double: metres; which of several people, from 1 at the left; which completion of what no photo shows.
OPTIONS = {"height": float, "person": int, "seed": int}
_MOST = 2**31  # less than that is every one of them


class TooLarge(InputError):
    """More bytes than are taken."""


def build_app(folder: StudioFolder, queue: JobQueue, token: str, port: int) -> Starlette:
    """The studio as an ASGI application.

    Args:
        token: that every request under /api has to carry.
        port: that it will be served at.
    """
    api = Api(folder, queue)
    routes = [
        Route("/", lambda _: FileResponse(PAGE / "index.html")),
        Route("/api/state", api.state),
        Route("/api/photos", api.add_photo, methods=["POST"]),
        Route("/api/sample", api.add_sample, methods=["POST"]),
        Route("/api/doubles/{double}", api.remove, methods=["DELETE"]),
        Route("/api/doubles/{double}/again", api.make_another, methods=["POST"]),
        Route("/api/doubles/{double}/edit", api.edit, methods=["POST"]),
        Route("/api/doubles/{double}/motion", api.add_motion, methods=["POST"]),
        Route("/api/doubles/{double}/{file}", api.send_file),
        Route("/api/doubles/{double}/{file}", api.make_product, methods=["POST"]),
        Route("/api/jobs/{job}/cancel", api.cancel, methods=["POST"]),
        Route("/api/jobs/{job}/again", api.start_again, methods=["POST"]),
        Mount("/page", StaticFiles(directory=PAGE)),
    ]
    guard = Middleware(Guard, token=token, port=port, content_policy=content_policy())
    handlers = {InputError: _tell_error, OSError: _tell_system_error, ClientDisconnect: _tell_nobody}
    return Starlette(routes=routes, middleware=[guard], exception_handlers=handlers)


def content_policy() -> str:
    """What the page may load: its own files and nothing from elsewhere; of inline scripts, its import map alone."""
    html = (PAGE / "index.html").read_text(encoding="utf-8")
    inline = re.findall(r'<script type="importmap">(.*?)</script>', html, re.DOTALL)
    hashes = " ".join(f"'sha256-{base64.b64encode(sha256(each.encode()).digest()).decode()}'" for each in inline)
    return (
        f"default-src 'none'; script-src 'self' {hashes}; style-src 'self'; img-src 'self' blob: data:; "
        "connect-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


class Api:
    """What the page may ask for."""

    def __init__(self, folder: StudioFolder, queue: JobQueue) -> None:
        self._folder, self._queue = folder, queue

    def state(self, request: Request) -> Response:
        """Everything that the page shows."""
        return JSONResponse(
            {
                "doubles": self._folder.doubles(),
                "jobs": [{**asdict(job), "files": self._folder.files(job.double)} for job in self._queue.jobs()],
                "products": [asdict(product) for product in PRODUCTS.values()],
            }
        )

    async def add_photo(self, request: Request) -> Response:
        """Take the body as a photo, named `?name=`, and queue its double."""
        name = _shown_name(request.query_params.get("name", ""))
        options = _read_options(request)
        with self._new_double() as (double, folder):
            await _receive(request, folder / UPLOAD, name)
            return _job_answer(self._queue.submit(double, CREATE, name, options))

    def add_sample(self, request: Request) -> Response:
        """Queue the double of the drawn person that ships."""
        with self._new_double() as (double, folder):
            shutil.copyfile(SAMPLE, folder / UPLOAD)
            return _job_answer(self._queue.submit(double, CREATE, "A drawn person"))

    async def make_another(self, request: Request) -> Response:
        """Queue another double of the same photos.

        `?person=` makes somebody else in them; with `?further=1` the body is one more photo.
        """
        photos = uploads_in(self._folder.double_folder(request.path_params["double"]))
        if not photos[0].is_file():
            raise InputError("there is no such double")
        options, name = _read_options(request), _shown_name(request.query_params.get("name", ""))
        with self._new_double() as (double, folder):
            for photo in photos:
                shutil.copyfile(photo, folder / photo.name)
            if request.query_params.get("further"):
                await _receive(request, folder / f"{UPLOAD}-{len(photos) + 1}", "the photo")
            return _job_answer(self._queue.submit(double, CREATE, name, options))

    async def edit(self, request: Request) -> Response:
        """Queue a double that is this one, changed as the query says (`edits`); the body is what was painted."""
        source, change = request.path_params["double"], read_edit(request.query_params)
        about = self._folder.about(source)
        if about is None:
            raise InputError("there is no such double yet")
        names = {DOUBLE.file: SOURCE, **{product.file: product.file for product in OF_PHOTO}}
        names |= {photo.name: photo.name for photo in uploads_in(self._folder.double_folder(source))}
        options = {name: about["options"][name] for name in OPTIONS if name in about["options"]}
        options |= {WINDOW: about.get("window"), **change}
        with self._new_double() as (double, folder):
            self._folder.copy_files(source, folder, names)
            if change[EDIT] == WEAR:
                if not self._folder.has_double(change[WEAR]):
                    raise InputError("there is no such double to take the clothes of")
                self._folder.copy_files(change[WEAR], folder, {DOUBLE.file: CLOTHES})
            else:
                await _receive(request, folder / REGION, "what was painted")
            return _job_answer(self._queue.submit(double, CREATE, about["name"], options))

    async def add_motion(self, request: Request) -> Response:
        """Take the body as a motion file, named `?name=`, and queue the double that moves so."""
        double, name = request.path_params["double"], _shown_name(request.query_params.get("name", ""))
        suffix = Path(name).suffix.lower()
        if not self._folder.has_double(double):
            raise InputError("there is no such double yet")
        if suffix not in MOTION_SUFFIXES:
            raise InputError(f"{name} is no motion that is read; known: {', '.join(MOTION_SUFFIXES)}")
        await _receive(request, self._folder.motion_path(double, suffix), name)
        for old in (each for each in MOTION_SUFFIXES if each != suffix):
            self._folder.motion_path(double, old).unlink(missing_ok=True)
        # What runs moves as the motion before; only when it has ended nothing of that is written any more.
        await run_in_threadpool(self._queue.stop, double, [product.file for product in OF_OWN_MOTION])
        for made in OF_OWN_MOTION:
            self._folder.product_path(double, made.file).unlink(missing_ok=True)
        return _job_answer(self._queue.submit(double, OWN_MOTION.file, name))

    def make_product(self, request: Request) -> Response:
        """Queue a product of a double."""
        double, file = request.path_params["double"], request.path_params["file"]
        self._folder.product_path(double, file)
        if not self._folder.has_double(double):
            raise InputError("there is no such double yet")
        if PRODUCTS[file] in ALWAYS and PRODUCTS[file] not in REMADE:
            raise InputError(f"{file} is made with the double, not later")
        return _job_answer(self._queue.submit(double, file, PRODUCTS[file].label))

    def send_file(self, request: Request) -> Response:
        """A product that was made."""
        double, file = request.path_params["double"], request.path_params["file"]
        path = self._folder.product_path(double, file)
        if not path.is_file():
            return JSONResponse({"error": "this has not been made yet"}, 404)
        return FileResponse(path, media_type=PRODUCTS[file].media_type)

    def remove(self, request: Request) -> Response:
        """Forget a double, with its photo and all that was made of it."""
        self._folder.double_folder(request.path_params["double"])
        self._queue.remove(request.path_params["double"])
        return JSONResponse({})

    def cancel(self, request: Request) -> Response:
        """Stop a job."""
        return _job_answer(self._queue.cancel(request.path_params["job"]))

    def start_again(self, request: Request) -> Response:
        """Queue a job again that came to nothing."""
        return _job_answer(self._queue.start_again(request.path_params["job"]))

    @contextmanager
    def _new_double(self) -> Iterator[tuple[str, Path]]:
        """An id and a folder for a double's photos; nothing of it stays where these do not arrive."""
        double = new_id()
        folder = self._folder.double_folder(double)
        folder.mkdir()
        try:
            yield double, folder
        except BaseException:  # too large, no room, or the browser has gone
            self._folder.remove_double(double)
            raise


async def _receive(request: Request, path: Path, name: str) -> None:
    """Write a request's body to a file. Raises TooLarge, and InputError for nothing."""
    size = 0
    if int(request.headers.get("content-length") or 0) > UPLOAD_LIMIT:
        raise _too_large(name)
    with whole_file(path) as temporary, temporary.open("wb") as file:
        async for chunk in request.stream():
            size += len(chunk)
            if size > UPLOAD_LIMIT:
                raise _too_large(name)
            file.write(chunk)
    if not size:
        raise InputError(f"{name} is empty (0 bytes)")


def _too_large(name: str) -> TooLarge:
    return TooLarge(f"{name} has more than {UPLOAD_LIMIT // 1_000_000} MB; give a smaller one")


def _shown_name(name: str) -> str:
    """A photo's name as people may be shown it; it names no file here."""
    return printable(name.replace("\\", "/").rpartition("/")[2])[:_NAME_LENGTH] or "photo"


def _read_options(request: Request) -> dict[str, Any]:
    """Those of a new double that the query gives. Raises InputError for what is no number, or none of use."""
    given = {name: text for name in OPTIONS if (text := request.query_params.get(name))}
    try:
        options = {name: OPTIONS[name](text) for name, text in given.items()}
        usable = all(math.isfinite(value) and abs(value) < _MOST for value in options.values())
    except (ValueError, OverflowError):
        usable = False
    if not usable:
        raise InputError(f"expected numbers, got {' and '.join(map(repr, given.values()))}")
    return options


def _job_answer(job: Any) -> Response:
    return JSONResponse(asdict(job), 202)


def _tell_error(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": printable(str(error))}, 413 if isinstance(error, TooLarge) else 400)


def _tell_system_error(_: Request, error: Exception) -> Response:
    why = error.strerror if isinstance(error, OSError) else None
    return JSONResponse({"error": f"the studio's folder cannot be used: {why or error}"}, 500)


def _tell_nobody(_: Request, error: Exception) -> Response:
    """The browser has gone, and so has what it was sending."""
    return Response(status_code=400)
