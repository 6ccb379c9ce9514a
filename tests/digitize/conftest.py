"""A striped body in a skirt, photographed from the front, and what digitising makes of it, coarsely."""

from dataclasses import replace

import pytest
import torch

from bodydouble.body.anny import AnnyBody
from bodydouble.body.skinning import dress_rest
from bodydouble.digitize import ViewPainter, view_painter
from bodydouble.digitize.config import DigitizeConfig
from bodydouble.digitize.figure import Sitter, shape_figure
from bodydouble.digitize.perceptual import ParserDistance
from bodydouble.digitize.run import paint_figure
from bodydouble.digitize.textured_mesh import TexturedMesh
from bodydouble.double import Double
from bodydouble.metadata import Metadata
from bodydouble.values import Mesh, Texture
from tests.attached import tube_skirt
from tests.tiny import front_shot

COARSE = DigitizeConfig(cell_m=0.012, face_count=6000, view_size=(256, 192))


def digitize_sitter(
    sitter: Sitter, config: DigitizeConfig, painter: ViewPainter, geometry: Mesh | None = None
) -> TexturedMesh:
    """One mesh of a double that was made; `geometry` as it stands in the photo."""
    return paint_figure(shape_figure(sitter, config, geometry), config, painter, ParserDistance())


@pytest.fixture(scope="session")
def sitter(anny: AnnyBody, metadata: Metadata) -> Sitter:
    """Seen in front; behind, all is invented: grey."""
    view = front_shot(anny, yaw=0.0)
    rest = dress_rest(view.fit, anny)
    texture = Texture(
        rgb=torch.full((3, 512, 512), 0.5), confidence=torch.zeros(512, 512), labels=torch.full((512, 512), 2).byte()
    )
    double = Double(fit=view.fit, texture=texture, body=anny, metadata=metadata, attached=(tube_skirt(anny, rest),))
    return Sitter(double=double, views=(view,))


@pytest.fixture(scope="session")
def digitized(sitter: Sitter) -> TexturedMesh:
    """The sitter as one mesh."""
    bare = replace(sitter, double=replace(sitter.double, attached=()))
    return digitize_sitter(bare, COARSE, view_painter())
