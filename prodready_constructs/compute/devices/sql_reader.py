"""One token ahead in a text of AWS IoT SQL, and how a fault in it is told."""

from __future__ import annotations

from typing import NoReturn

from prodready_constructs.compute.devices.sql_words import ELSEWHERE, NEVER_NAMES, SQL_VERSION, Token, token_at
from prodready_constructs.errors import ConfigurationError


class Reader:
    """A place in *text*, from *start* on.

    Args:
        where: what the statement was given to; opens every message.
    """

    def __init__(self, where: str, text: str, start: int = 0) -> None:
        self._where, self.text = where, text
        self._before = ""
        self.token = self._read(start)

    def next(self) -> Token:
        """Go on by one token; the one that was."""
        token = self.token
        self._before = token.word
        self.token = self._read(token.end)
        return token

    def following(self, count: int = 1) -> Token:
        """The token that comes *count* after this one; a fault there is told when it is reached."""
        token = self.token
        for _ in range(count):
            token = token_at(self.text, token.end)
        return token

    def at_sign(self, *signs: str) -> bool:
        """Whether one of *signs* stands here."""
        return self.token.kind == "sign" and self.token.text in signs

    def took(self, *signs: str) -> bool:
        """Whether one of *signs* stood here; it is read."""
        if found := self.at_sign(*signs):
            self.next()
        return found

    def took_word(self, *words: str) -> bool:
        """Whether one of the keywords *words* stood here; it is read."""
        if found := self.token.word in words:
            self.next()
        return found

    def sign(self, sign: str) -> None:
        """Read *sign*, which must stand here."""
        if not self.took(sign):
            self.unexpected(sign)

    def keyword(self, word: str) -> None:
        """Read the keyword *word*, which must stand here."""
        if not self.took_word(word):
            self.unexpected(word)

    def name(self, what: str) -> None:
        """Read a name, which must stand here."""
        if self.token.kind != "word" or self.token.word in NEVER_NAMES:
            self.unexpected(what)
        self.next()

    def unexpected(self, wanted: str) -> NoReturn:
        """Refuse what stands here; say what other dialects have and this one calls something else."""
        foreign = next((word for word in (self.token.word, self._before) if word in ELSEWHERE), None)
        if foreign:
            self.refuse(f"AWS IoT SQL has no {foreign}: {ELSEWHERE[foreign]}")
        self.refuse(f"{wanted} in place of {self.token.shown}")

    def refuse(self, wanted: str, token: Token | None = None) -> NoReturn:
        """Say what is *wanted* where *token*, or the one to be read, stands."""
        at = (token or self.token).at
        raise ConfigurationError(
            self._where,
            given=self.text,
            allowed=f"AWS IoT SQL that parses; at character {at}: {wanted}",
            mend=f"see the AWS IoT SQL reference, version {SQL_VERSION}",
        )

    def _read(self, start: int) -> Token:
        token = token_at(self.text, start)
        if token.kind == "fault":
            self.refuse(token.text, token)
        return token
