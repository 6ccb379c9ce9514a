"""A double that is changed after it was made: the result is another double.

region    part of a double's surface, painted by hand
recolour  a region in another colour, with its folds
renew     a region made up anew: as another label, or as another seed would
relabel   a label on what hangs off the body: cut away, or another cloth
wear      one double's clothes on another
bare_skin skin where clothes were
"""
