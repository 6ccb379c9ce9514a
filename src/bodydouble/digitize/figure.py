"""The person as digitising begins: one mesh with the double's look, and the photos as views of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import torch

from bodydouble.body import BodyModel
from bodydouble.body.skinning import dress_rest
from bodydouble.digitize.chart import bind_to_double
from bodydouble.digitize.config import DigitizeConfig
from bodydouble.digitize.geometry import change_posed, simplify, unite_surfaces, unpose
from bodydouble.digitize.look_relief import raise_look
from bodydouble.digitize.opaque import cut_transparent
from bodydouble.digitize.photo_view import PhotoView, further_view, photo_view, remembered_view
from bodydouble.digitize.relief import raise_relief
from bodydouble.digitize.user_mesh import lay_over
from bodydouble.double import Double
from bodydouble.metadata import Metadata
from bodydouble.motion.chains import ChainTransforms, settle_chains
from bodydouble.person.sources import Source
from bodydouble.pipeline import Pipeline, next_value
from bodydouble.progress import Progress
from bodydouble.surface.skeleton import pose_surface, rest_mesh
from bodydouble.values import BodyFit, FittedView, Mesh, Pose, RestBody, Surface


@dataclass(frozen=True, kw_only=True)
class Sitter:
    """A person as `create` leaves them: the double, and the photos that it was made of."""

    double: Double
    views: tuple[FittedView, ...] = ()  # each may be a part of its photo, the first first; none: they are not at hand


def sit(source: Source | Sequence[Source], pipeline: Pipeline, progress: Progress | None = None) -> Sitter:
    """Make the double, and keep what it was made of. Raises InputError as `Pipeline.create` does."""
    values = list(pipeline.stages(source, progress=progress))
    views = tuple(value for value in values if isinstance(value, FittedView))
    return Sitter(double=next_value(iter(values), Double), views=views)


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One textured mesh on the body's skeleton, and the pictures of it that exist."""

    surface: Surface  # at rest, with the double's look; its confidence is 0 where that was invented
    swung: ChainTransforms | None  # of its chain joints in the photo's pose; None: it has none
    photos: tuple[PhotoView, ...]  # the first is the one that the mesh is to be like
    body: BodyModel
    fit: BodyFit  # of the double
    metadata: Metadata  # of the double

    @cached_property
    def rest(self) -> RestBody:
        """The double's body at rest."""
        with torch.no_grad():
            return dress_rest(self.fit, self.body)

    @cached_property
    def posed(self) -> Mesh:
        """The surface as it stands in the first photo."""
        with torch.no_grad():
            return pose_surface(self.surface, self.rest, self.fit.pose, self.swung).mesh


def shape_figure(sitter: Sitter, config: DigitizeConfig, geometry: Mesh | None = None) -> Figure:
    """Give a double one mesh, and look at its photos.

    Args:
        geometry: as it stands in the photo, in its camera's world; None: the double's.
    """
    double, views = sitter.double, sitter.views
    surface, swung = find_shape(sitter, config, geometry)
    figure = Figure(surface=surface, swung=swung, photos=(), body=double.body, fit=double.fit, metadata=double.metadata)
    if not views:
        return replace(figure, photos=(remembered_view(surface, figure.posed, double.fit.camera),))
    first = views[0]
    photos = [photo_view(first.photo, first.person, first.understanding, first.fit.camera, surface, figure.posed)]
    for view in views[1:]:
        posed = _stand(surface, figure.rest, view.fit.pose)
        photos.append(further_view(view.photo, view.person, view.understanding, view.fit.camera, surface, posed))
    return replace(figure, photos=tuple(photos))


def lay_over_photo(geometry: Mesh, sitter: Sitter, name: str) -> Mesh:
    """The user's mesh as it stands in the sitter's photo. Raises InputError where it is not the person's."""
    view = sitter.views[0]
    standing = torch.cat([posed.mesh.vertices for posed in sitter.double.pose_surfaces(sitter.double.fit.pose)])
    return lay_over(geometry, view.person.mask, view.fit.camera, standing, name)


def find_shape(sitter: Sitter, config: DigitizeConfig, geometry: Mesh | None) -> tuple[Surface, ChainTransforms | None]:
    """The geometry at rest, with the double's look, and where its chain joints are in the photo's pose."""
    double, rest, pose = sitter.double, sitter.double.rest, sitter.double.fit.pose
    surfaces = [cut_transparent(surface) for surface in double.surfaces]
    chains = settle_chains(surfaces, rest, pose)
    swung = join_transforms(chains)
    size = max(surface.texture.rgb.shape[-1] for surface in surfaces)
    if geometry is not None:
        meshes = [
            pose_surface(surface, rest, pose, chain).mesh for surface, chain in zip(surfaces, chains, strict=True)
        ]
        surface = bind_to_double(simplify(geometry, config.face_count), surfaces, meshes, len(rest.parents), size)
        return unpose(surface, rest, pose, swung), swung
    solid = unite_surfaces(surfaces, config.cell_m)
    if config.relief:
        solid = refine_solid(solid, sitter, surfaces, swung)
    solid = simplify(solid, config.face_count)
    resting = [rest_mesh(surface) for surface in surfaces]
    return bind_to_double(solid, surfaces, resting, len(rest.parents), size), swung


def join_transforms(chains: Sequence[ChainTransforms | None]) -> ChainTransforms | None:
    """Of several surfaces' chain joints as of one's, in their order; None: they have none."""
    moved = [one for one in chains if one is not None]
    return (torch.cat([one[0] for one in moved]), torch.cat([one[1] for one in moved])) if moved else None


def refine_solid(solid: Mesh, sitter: Sitter, surfaces: Sequence[Surface], swung: ChainTransforms | None) -> Mesh:
    """The united surfaces, at rest, with folds as the parser's normals and the look have them.

    Args:
        surfaces: of the sitter's double, without what is transparent.
        swung: their chain joints in the photo's pose; None: they have none.
    """
    view = sitter.views[0] if sitter.views else None
    if view is not None and view.understanding is not None:
        add_folds = partial(raise_relief, camera=view.fit.camera, near=view.understanding, far=view.far)
        solid = change_posed(solid, surfaces, sitter.double.rest, sitter.double.fit.pose, swung, add_folds)
    return raise_look(solid, surfaces, [rest_mesh(surface) for surface in surfaces])


def _stand(surface: Surface, rest: RestBody, pose: Pose) -> Mesh:
    """The surface in the pose of a further photo, its chains at rest."""
    with torch.no_grad():
        return pose_surface(surface, rest, pose, settle_chains([surface], rest, pose)[0]).mesh
