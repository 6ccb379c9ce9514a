"""The person of one photo dressed: what hangs off the body, and the fit with clothing, as a configuration asks."""

from __future__ import annotations

from dataclasses import replace

from bodydouble.body import BodyModel
from bodydouble.clothing.ears import keep_ears
from bodydouble.clothing.face_form import shape_face
from bodydouble.clothing.fall import let_fall
from bodydouble.clothing.footwear import Footwear
from bodydouble.clothing.hair_volume import raise_hair
from bodydouble.clothing.level_feet import level_feet
from bodydouble.clothing.loose import LooseGarments, find_loose
from bodydouble.clothing.loose_surfaces import tuck_body
from bodydouble.clothing.offsets import clothe, remove_clothing
from bodydouble.create_config import CreateConfig
from bodydouble.fitting.fit import fit_body
from bodydouble.parsing.shade import measure_shade
from bodydouble.progress import Progress
from bodydouble.values import BodyFit, FittedView, Person, Photo, Surface, Understanding


def find_garments(
    bare: BodyFit,
    photo: Photo,
    person: Person,
    understanding: Understanding,
    body: BodyModel,
    config: CreateConfig,
) -> LooseGarments:
    """What hangs off the body in a photo, but for what is not to have a surface of its own."""
    loose = find_loose(bare, photo, person, understanding, body, config.hat_surface)
    return replace(
        loose,
        skirt=loose.skirt if config.skirt_surface else None,
        coat=loose.coat if config.skirt_surface else None,
        hair=loose.hair if config.hair_surface else None,
        knots=loose.knots if config.hair_surface else (),
        bun=loose.bun if config.hair_surface else None,
        tail=loose.tail if config.hair_surface else None,
        footwear=loose.footwear if config.shoe_surface else Footwear(shod=False),
    )


def dress_fit(
    bare: BodyFit,
    person: Person,
    understanding: Understanding,
    loose: LooseGarments,
    body: BodyModel,
    config: CreateConfig,
    progress: Progress,
) -> BodyFit:
    """The fit with clothing, short hair and the face's own form.

    Without a surface for skirts, the legs themselves may become one.
    """
    fit = clothe(
        bare,
        person,
        body,
        config.clothe,
        progress,
        loose.footwear,
        loose=loose.pixels,
        join_legs=not config.skirt_surface,
        understanding=understanding,
    )
    fit = let_fall(level_feet(fit, body), understanding, body)
    fit = keep_ears(fit if loose.hair is not None else raise_hair(fit, understanding, body), body)
    return shape_face(fit, person, body)


def view_person(
    photo: Photo, person: Person, fit: BodyFit, understanding: Understanding, loose: LooseGarments
) -> FittedView:
    """A photo with all that is known of it, its light told from the material."""
    return FittedView(
        photo=photo,
        person=person,
        fit=fit,
        understanding=understanding,
        shade=measure_shade(photo, person, understanding),
        locks=loose.hiding_pixels(fit.camera),
    )


def view_again(
    photo: Photo,
    person: Person,
    understanding: Understanding,
    first: BodyFit,
    worn: tuple[Surface, ...],
    garments: LooseGarments,
    body: BodyModel,
    config: CreateConfig,
    progress: Progress,
) -> FittedView:
    """The person of `first`, dressed as there, in another photo, with the clothing's outline as it is in that one."""
    fit = fit_body(person, photo, body, config.fit, progress, previous=first, understanding=understanding)
    bare = remove_clothing(fit)
    loose = find_garments(bare, photo, person, understanding, body, config)
    loose = replace(
        loose,
        footwear=garments.footwear,
        trousers=garments.trousers,
        shorts=garments.shorts,
        top_hem=garments.top_hem,
    )
    fit = tuck_body(dress_fit(bare, person, understanding, loose, body, config, progress), worn, body, loose, first)[0]
    return view_person(photo, person, fit, understanding, loose)
