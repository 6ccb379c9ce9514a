"""From completed surfaces to the double that has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bodydouble.body import BodyModel
from bodydouble.body.cut import cut_body
from bodydouble.double import Double
from bodydouble.inpaint import Inpainter
from bodydouble.metadata import Metadata
from bodydouble.person.part import in_whole_photo
from bodydouble.render.surfaces import PlainRenderer
from bodydouble.surface.bust import cut_bust
from bodydouble.surface.skeleton import body_surface
from bodydouble.texture.coverage import measure_coverage
from bodydouble.values import FittedView, Surface

_BUST = "the figure is a bust: what the photo does not show below is left out, and not made up"
_NO_BUST = "the photo shows the figure down to the feet and the hands, so that --bust left nothing out"


def join_surfaces(
    surfaces: Sequence[Surface],
    views: Sequence[FittedView],
    body: BodyModel,
    metadata: Metadata,
    inpaint: Inpainter,
    bust: bool,
) -> Double:
    """The double of completed surfaces, the body first.

    Args:
        metadata: how they were made; how much of them was seen, and the inpainter's weights, are added.
        inpaint: what completed them, whose renderer they have where it has one.
        bust: what the photos do not show below is cut off.
    """
    (skin, *attached), fit = surfaces, views[0].fit
    cut = cut_bust(fit, skin.texture, views, body, attached) if bust else None
    shown, texture, hanging = cut or (fit, skin.texture, tuple(attached))
    visible = cut_body(body, shown.faces)
    further = ((_BUST if cut else _NO_BUST),) if bust else ()
    return Double(
        fit=in_whole_photo(shown, views[0].photo),
        texture=texture,
        body=visible,
        metadata=replace(
            metadata,
            coverage=measure_coverage((body_surface(shown, visible, texture), *hanging), body),
            warnings=(*metadata.warnings, *further),
            weights=dict(getattr(inpaint, "weights", {})),
        ),
        renderer=getattr(inpaint, "renderer", None) or PlainRenderer(),
        attached=hanging,
    )
