"""The reference platform: four stacks of one environment, composed from the public constructs without decisions of their own."""
