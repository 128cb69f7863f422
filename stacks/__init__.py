"""The reference platform: five stacks of one environment, composed from the public constructs without decisions of their own."""
