"""The second region: what stands there for every store of the first, and how it takes over."""
