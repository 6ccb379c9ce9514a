"""Processes that compute for another one: they are sent lines of JSON, and answer with such. No pickles go between."""
