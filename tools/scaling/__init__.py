"""A day of load against the scaling that the library's templates state: how the default numbers were chosen.

usage: python -m tools.scaling
"""
