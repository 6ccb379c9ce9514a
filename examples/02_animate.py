"""Let a double walk, and take the walk along into other programs.

Run it: python examples/02_animate.py me.double
"""

import sys

import bodydouble

double = bodydouble.load(sys.argv[1])
double.animate("walk", "walk.mp4")
double.export("walk.glb", motion="walk")
