"""The reference platform: the stacks of one environment, composed from the public constructs without decisions of their own."""
