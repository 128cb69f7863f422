"""A page before it is markdown or HTML: a title, a lead and sections of plain blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Block:
    """One thing on a page. Text may hold ``code`` between back-ticks and nothing else that is marked up.

    Attributes:
        lines: a sentence each; of ``links``, the text and the address, separated by a space.
    """

    kind: Literal["text", "bullets", "numbers", "commands", "answer", "links"]
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it."""

    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One page: where it goes, and what the index says of it.

    Attributes:
        kind: ``critical`` or ``warning`` for an alarm, ``restore`` for a store, ``recover`` for everything else that is done by hand.
    """

    stack: str
    name: str
    kind: str
    about: str
    title: str
    lead: str
    sections: tuple[Section, ...]
    #: The construct it is about: pages of one construct know each other.
    construct: str

    @property
    def order(self) -> tuple[str, int, str]:
        """Where it stands in the index."""
        return self.stack, ("critical", "warning", "restore", "recover").index(self.kind), self.name


def text(*lines: str) -> Block:
    """Sentences of one paragraph each."""
    return Block("text", lines)


def commands(*lines: str) -> Block:
    """Lines of shell."""
    return Block("commands", lines)


def answer(value: str) -> Block:
    """What the commands before are expected to answer."""
    return Block("answer", tuple(value.splitlines()))
