"""A fused module is the same function."""

import torch
from torch import nn

from bodydouble.nn.fuse import fused
from bodydouble.nn.layers import BiasedLeakyReLU, EqualConv2d


def lived_in(module):
    """Statistics and biases as after training: not where they start."""
    torch.manual_seed(1)
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.running_mean.normal_()
            layer.running_var.uniform_(0.5, 2)
        for parameter in layer.parameters(recurse=False):
            if parameter.dim() == 1:
                nn.init.normal_(parameter, 0.5)
    return module.eval()


def test_every_order_of_layers():
    torch.manual_seed(0)
    layers = nn.Sequential(
        nn.BatchNorm2d(3),
        BiasedLeakyReLU(3),
        nn.ReflectionPad2d(1),
        EqualConv2d(3, 4, 3, bias=True, lr_multiplier=0.1),
        nn.BatchNorm2d(4),
        BiasedLeakyReLU(4),
        nn.Sequential(EqualConv2d(4, 5, 3, padding=1, stride=2, bias=False), nn.BatchNorm2d(5)),
        EqualConv2d(5, 2, 1),
    )
    module = lived_in(nn.ModuleDict({"layers": layers}))
    image = torch.randn(2, 3, 8, 8)
    quick = fused(module)
    assert torch.allclose(quick["layers"](image.clone()), module["layers"](image), atol=1e-4)
    kinds = {type(layer) for layer in quick.modules()}
    assert not kinds & {EqualConv2d, nn.BatchNorm2d, BiasedLeakyReLU}
    assert isinstance(module["layers"][0], nn.BatchNorm2d), "the original is left as it was"
