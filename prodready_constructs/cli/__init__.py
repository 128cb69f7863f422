"""``prodready``: what is done with a finished cloud assembly. It loads no AWS module, so that it answers at once."""

from prodready_constructs.cli.commands import main

__all__ = ["main"]
