"""Whole apps, each a file to copy: the tests run them as they are, and the documentation shows them."""
