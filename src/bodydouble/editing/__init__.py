"""A double that is changed after it was made: the result is another double.

region    part of a double's surface, painted by hand
recolour  a region in another colour, with its folds
renew     a region made up anew: as another label, or as another seed would
wear      one double's clothes on another
"""
