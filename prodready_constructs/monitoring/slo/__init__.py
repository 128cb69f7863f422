"""Promises to users: what may fail, how fast the allowance is used up, and whether AWS promises enough below."""
