"""A photo of shoes alone, all of whose pixels are the person's."""

import torch

from bodydouble.values import BodyFit, FittedView, Person, Photo, Understanding


def view_shoes(fit: BodyFit, rgb: torch.Tensor, labels: torch.Tensor) -> FittedView:
    """Of a 3×S×S picture and L×S×S labels."""
    side = rgb.shape[-1]
    person = Person(mask=torch.ones(side, side), landmarks=torch.zeros(543, 3), landmarks_world=torch.zeros(543, 3))
    return FittedView(
        photo=Photo(rgb=rgb),
        person=person,
        fit=fit,
        understanding=Understanding(labels=labels, normals=torch.zeros(3, side, side), left=0, top=0, side=side),
    )
