"""How near digitised geometry is to the true one, on drawn people in A-pose, photographed from the front.

Four meshes a person: the fitted bare body, the double's surfaces as they are, these united, and united with relief.
Each is laid over the true one (body and all that is worn, closed) by the similarity between the joints of both bodies,
so that errors of pose and of depth count. Distances are between points that lie evenly on one mesh and the nearest
ones on the other; a normal's error is the angle to that of the nearest point. Only faces that are seen from some side
count: skin under cloth and the insides of sheets are nobody's geometry.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import igl
import numpy as np
import torch

from bodydouble.body import BodyModel, body_model
from bodydouble.body.skinning import joint_transforms
from bodydouble.create_config import CreateConfig
from bodydouble.digitize.figure import Sitter, join_transforms, refine_solid, sit
from bodydouble.digitize.geometry import FACES, simplify, stand_with, unite_surfaces
from bodydouble.digitize.opaque import cut_transparent
from bodydouble.errors import InputError
from bodydouble.geometry.camera import clip_from_world, orbit_camera
from bodydouble.geometry.mesh import join_meshes
from bodydouble.motion.chains import settle_chains
from bodydouble.pipeline import Pipeline
from bodydouble.raster import rasteriser
from bodydouble.render.image import eight_bits
from bodydouble.values import Mesh
from workshop.evaluation.align import large_joints, procrustes
from workshop.evaluation.benchmarks.table import Table
from workshop.evaluation.datasets import TURNING, Source, open_dataset

_POINTS = 40_000  # on each mesh: means are sure to a tenth of a millimetre
_SIDE_PX = 1024  # of the square pictures that tell what is seen: three millimetres a pixel
_SIDES = [(elevation, float(azimuth)) for elevation in (-30.0, 0.0, 30.0) for azimuth in range(0, 360, 45)]
_COLUMNS = {"Chamfer, mm": 1, "true to made": 1, "made to true": 1, "normals, deg": 1}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `Benchmark`."""
    parser.add_argument("wardrobe", type=Path, help="folder of MakeHuman's assets")
    parser.add_argument("--people", type=int, default=6)


def run(options: argparse.Namespace) -> None:
    """See `Benchmark`."""
    body = body_model()
    dataset = open_dataset(Source(wardrobe=options.wardrobe), body)
    table, kinds = Table(_COLUMNS), []
    for name in dataset.sets[TURNING][: options.people]:
        subject = dataset.subject(name)
        view = subject.view(0.0)
        assert view.mesh is not None and view.pose is not None and subject.shape is not None, "they are drawn"
        true, joints = view.mesh(), joint_transforms(body.rest(subject.shape), view.pose)[1]
        try:
            sitter = sit(eight_bits(view.rgb), Pipeline(CreateConfig(body=body)))
        except InputError as error:
            table.note(name, str(error))
            continue
        double = sitter.double
        large = large_joints(body, double.rest)
        laid_over = procrustes(joint_transforms(double.rest, double.fit.pose)[1][large], joints[large])
        for kind, mesh in list_geometry(sitter, body):
            laid = Mesh(vertices=laid_over(mesh.vertices), faces=mesh.faces)
            table.add(f"{name}, {kind}", *compare_meshes(laid, true))
            kinds.append(kind)
    for kind in dict.fromkeys(kinds):
        table.add_mean(f"mean, {kind}", f", {kind}")


def list_geometry(sitter: Sitter, body: BodyModel) -> Iterator[tuple[str, Mesh]]:
    """By name, what stands for the sitter in the photo's pose: from the bare body to what `digitize` has."""
    double = sitter.double
    rest, pose = double.rest, double.fit.pose
    yield "bare body", Mesh(vertices=body.pose(body.rest(double.fit.shape), pose).vertices, faces=body.faces)
    yield "the double's surfaces", join_meshes([surface.mesh for surface in double.pose_surfaces(pose)])
    surfaces = [cut_transparent(surface) for surface in double.surfaces]
    swung = join_transforms(settle_chains(surfaces, rest, pose))
    solid = unite_surfaces(surfaces)
    yield "united", stand_with(simplify(solid, FACES), surfaces, rest, pose, swung)
    refined = simplify(refine_solid(solid, sitter, surfaces, swung), FACES)
    yield "with relief", stand_with(refined, surfaces, rest, pose, swung)


def compare_meshes(made: Mesh, true: Mesh) -> tuple[float, float, float, float]:
    """What `_COLUMNS` name."""
    made, true = keep_seen(made), keep_seen(true)
    true_points, true_normals = spread_points(true, _POINTS)
    made_points, _ = spread_points(made, _POINTS)
    away, row = _nearest(true_points, made)
    back, _ = _nearest(made_points, true)
    cosine = (true_normals * _face_normals(made)[row]).sum(1).clip(-1, 1)
    forth_mm, back_mm = float(away.mean() * 1000), float(back.mean() * 1000)
    return (forth_mm + back_mm) / 2, forth_mm, back_mm, float(np.degrees(np.arccos(cosine)).mean())


def keep_seen(mesh: Mesh) -> Mesh:
    """The faces that some of the cameras around sees, at a pixel or more."""
    middle = (mesh.vertices.amin(0) + mesh.vertices.amax(0)) / 2
    size = float((mesh.vertices.amax(0) - mesh.vertices.amin(0)).norm())
    seen = torch.zeros(len(mesh.faces), dtype=torch.bool)
    for elevation, azimuth in _SIDES:
        camera = orbit_camera(azimuth, elevation, middle, 3 * size, 2.5 * _SIDE_PX, (_SIDE_PX, _SIDE_PX))
        shown = rasteriser()(clip_from_world(mesh.vertices, camera)[None], mesh.faces, camera.size).face
        seen[shown[shown >= 0].unique()] = True
    return Mesh(vertices=mesh.vertices, faces=mesh.faces[seen])


def spread_points(mesh: Mesh, count: int) -> tuple[np.ndarray, np.ndarray]:
    """count×3 points, metres, that lie evenly on a mesh, the same at every call, and the normals of their faces."""
    _, face, points = igl.random_points_on_mesh(count, *_arrays(mesh), seed=0)
    return points, _face_normals(mesh)[face]


def _nearest(points: np.ndarray, mesh: Mesh) -> tuple[np.ndarray, np.ndarray]:
    """(N,) metres from N×3 points to a mesh, and the row of the face that is nearest."""
    square, row, _ = igl.point_mesh_squared_distance(points, *_arrays(mesh))
    return np.sqrt(square), np.asarray(row)


def _face_normals(mesh: Mesh) -> np.ndarray:
    """F×3, unit; 0 of a face without area."""
    return np.asarray(igl.per_face_normals(*_arrays(mesh), np.zeros(3)))


def _arrays(mesh: Mesh) -> tuple[np.ndarray, np.ndarray]:
    """V×3 and F×3, as igl has them."""
    return mesh.vertices.double().numpy(), mesh.faces.numpy()
