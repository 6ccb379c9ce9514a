"""A double of a person, from one photo."""
