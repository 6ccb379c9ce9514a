"""Make the double of a person in a photo and look at it from four sides.

Run it: python examples/01_create.py me.jpg
"""

import sys

from PIL import Image

import bodydouble

double = bodydouble.create(sys.argv[1])
double.save("me.double")
for azimuth in (0, 90, 180, 270):
    Image.fromarray(double.render(azimuth=azimuth)).save(f"me_{azimuth:03d}.png")
