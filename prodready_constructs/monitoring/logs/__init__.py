"""Log groups: how long they are kept, what is counted in them, what is masked in them, and what outlives them."""
