"""A dressed, checkered, moving body as a GLB, and the two outside programs that judge it."""

import json
import math
import shutil
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Any
from urllib.parse import urlencode

import pytest
import torch
from filelock import FileLock

from bodydouble.body.anny import AnnyBody
from bodydouble.body.skinning import apply_clothing
from bodydouble.export.glb import write_glb
from bodydouble.values import Clothing, Motion, RestBody, Texture
from tests.headless import FLAGS, find_chromium

BROWSER = Path(__file__).parents[1] / "browser"
TEXTURE_SIZE = 256


@dataclass(frozen=True, kw_only=True)
class Exported:
    """A file and the values it was written from."""

    path: Path
    body: AnnyBody
    rest: RestBody
    texture: Texture
    motion: Motion


@pytest.fixture(scope="session")
def exported(anny: AnnyBody, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """Anny in clothes a centimetre thick, her legs under a skirt, red and white, turning and waving for two seconds."""
    path = tmp_path_factory.mktemp("export") / "double.glb"
    rest, motion, texture = dressed_rest(anny), wave_and_turn(anny), checker()
    write_glb(path, anny, rest, texture, motion=motion, name="double")
    return Exported(path=path, body=anny, rest=rest, texture=texture, motion=motion)


def dressed_rest(anny: AnnyBody) -> RestBody:
    rest = anny.rest(anny.mean_shape())
    outward = torch.nn.functional.normalize(rest.vertices * torch.tensor([1.0, 0.0, 1.0]), dim=1)
    thighs = ((rest.vertices[:, 1] > 0.5) & (rest.vertices[:, 1] < 0.9)).float()
    clothing = Clothing(offsets=0.01 * outward, leg_blend=thighs)
    return apply_clothing(rest, clothing, anny.mirror_joints)


def checker() -> Texture:
    row = torch.arange(TEXTURE_SIZE) // 16
    white = ((row[:, None] + row) % 2).float()
    rgb = torch.stack([torch.ones_like(white), white, white])
    return Texture(rgb=rgb, confidence=torch.ones_like(white))


def wave_and_turn(anny: AnnyBody, frames: int = 48) -> Motion:
    phase = torch.linspace(0, 2 * math.pi, frames)
    joints = torch.zeros(frames, len(anny.joint_names), 3)
    joints[:, anny.roles["left_shoulder"], 2] = phase.sin()
    joints[:, anny.roles["left_elbow"]] = 0.4 * torch.stack([phase.cos(), phase.sin(), phase], 1)
    joints[:, anny.roles["right_knee"], 0] = 1 - phase.cos()
    root_rotation, path = torch.zeros(frames, 3), torch.zeros(frames, 3)
    root_rotation[:, 1] = 1.5 * phase  # past half a turn, where an axis-angle's quaternion would change its sign
    path[:, 2] = 0.1 * phase
    return Motion(
        joints=joints, root_rotation=root_rotation, root_translation=path, frames_per_second=24.0, name="wave and turn"
    )


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The npm packages of tests/browser, installed once into its node_modules; skips without npm or a registry."""
    folder = BROWSER / "node_modules"
    npm = shutil.which("npm")
    with FileLock(f"{folder}.lock"):  # the tests run in several processes
        if not all(
            (folder / name).is_dir()
            for name in ("three", "gltf-validator", "@pixiv/three-vrm", "@pixiv/three-vrm-animation")
        ):
            if npm is None:
                pytest.skip("npm is not installed: neither glTF validator nor three.js")
            done = subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=BROWSER, capture_output=True, text=True)
            if done.returncode != 0:
                pytest.skip(f"npm ci could not install the glTF validator and three.js: {done.stderr[-200:]}")
    return folder


@pytest.fixture(scope="session")
def validate(node_modules: Path) -> Callable[[Path], dict[str, Any]]:
    """The official glTF validator: a file becomes the `issues` of its report."""

    def run(path: Path) -> dict[str, Any]:
        command = ["node", str(BROWSER / "validate.mjs"), str(path)]
        return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)["issues"]

    return run


@pytest.fixture(scope="session")
def open_in_three(node_modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, Any]]:
    """three.js in headless Chromium: a file, a page of tests/browser and its query become its report."""
    chromium = find_chromium()
    if chromium is None:
        pytest.skip("Chromium is not installed: the file is not opened in three.js")

    def run(
        path: Path, page: str = "open_in_three.html", motion: Path | None = None, **query: object
    ) -> dict[str, Any]:
        files = {"double.glb": path} | ({} if motion is None else {"motion.vrma": motion})
        return _report(chromium, files, tmp_path_factory.mktemp("profile"), page, urlencode(query))

    return run


class _Handler(SimpleHTTPRequestHandler):
    """Serves the page's folder, and files under names of their own; takes the report."""

    def __init__(self, files: dict[str, Path], reports: Queue, *arguments: Any) -> None:
        self.files, self.reports = files, reports
        super().__init__(*arguments, directory=str(BROWSER))

    def translate_path(self, path: str) -> str:
        file = self.files.get(path.rpartition("/")[2])
        return super().translate_path(path) if file is None else str(file)

    def do_POST(self) -> None:
        self.reports.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *arguments: Any) -> None:
        pass


def _report(
    chromium: str, files: dict[str, Path], profile: Path, page: str, query: str, seconds: float = 120
) -> dict[str, Any]:
    reports: Queue = Queue()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, files, reports)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/{page}?{query}"
        command = [chromium, *FLAGS, f"--user-data-dir={profile}", url]
        browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return reports.get(timeout=seconds)
        finally:
            browser.terminate()
            browser.wait()
            server.shutdown()
