"""The grammar of AWS IoT SQL.

Sources: https://docs.aws.amazon.com/iot/latest/developerguide/iot-sql-select.html, .../iot-sql-from.html, .../iot-sql-where.html,
.../iot-sql-set.html, .../iot-sql-operators.html, .../iot-sql-literals.html, .../iot-sql-case.html, .../iot-sql-nested-queries.html
"""

from __future__ import annotations

import difflib
from collections.abc import Callable

from prodready_constructs.compute.devices.sql_reader import Reader
from prodready_constructs.compute.devices.sql_words import CAST_TYPES, FUNCTIONS, ONCE, RESERVED, Token

#: The longest name of a variable, in characters (AWS IoT developer guide, SET clause).
LONGEST_VARIABLE = 64


#: Deeper than any statement that somebody reads, and than Python likes to be.
DEEPEST = 50
#: What follows a field named value, and no keyword VALUE.
_AFTER_A_FIELD = frozenset(("FROM", "WHERE", "AS", "AND", "OR", "IN"))


class Parser(Reader):
    """A statement or an expression, from *start* on, by recursive descent."""

    def __init__(self, where: str, text: str, start: int = 0) -> None:
        super().__init__(where, text, start)
        #: Those that SET has defined so far.
        self.variables: set[str] = set()
        self._once = False
        self._depth = 0

    def assignments(self) -> None:
        """``@a = ..., @b = ...``"""
        while True:
            name = self.token
            if name.kind != "variable" or not 1 <= len(name.text) - 1 <= LONGEST_VARIABLE:
                self.unexpected(f"a variable such as @celsius, of {LONGEST_VARIABLE} letters, digits and underscores at most,")
            if name.text in self.variables:
                self.refuse(f"each variable set once; {name.text} is set already")
            self.next()
            self.sign("=")
            self.expression()
            self.variables.add(name.text)
            if not self.took(","):
                return

    def select(self, *, nested: bool) -> str | None:
        """``SELECT ... FROM ... WHERE ...``: the topic filter, where it has one."""
        self.keyword("SELECT")
        value = self.token
        one = self._says_value() and self.took_word("VALUE")
        items = self._items()
        if one and items > 1:
            self.refuse(f"one item after SELECT VALUE; it has {items}", value)
        topic_filter = None
        if self.took_word("FROM"):
            if nested:
                self._postfix()
            else:
                topic_filter = self._topic_filter()
        elif nested:
            self.unexpected("FROM and the field to read")
        if self.took_word("WHERE"):
            self.expression()
        return topic_filter

    def _says_value(self) -> bool:
        """Whether VALUE is the keyword here, and no field of that name."""
        follows = self.following()
        if follows.kind == "sign":
            return follows.text in "([{" or (follows.text == "*" and (self.following(2).word in ("FROM", "WHERE")))
        return follows.kind in ("number", "string", "variable") or (follows.kind == "word" and follows.word not in _AFTER_A_FIELD)

    def _topic_filter(self) -> str:
        if self.token.kind != "string" or self.text[self.token.at - 1] != "'":
            self.unexpected("a topic filter in single quotes, such as 'devices/+/telemetry',")
        return self.next().text

    def _items(self) -> int:
        count = 0
        while True:
            if not self.took("*"):
                self.expression()
            if self.took_word("AS"):
                self.name("a name after AS")
                while self.took("."):
                    self.name("a name after the dot")
            count += 1
            if not self.took(","):
                return count

    def expression(self) -> None:
        """``a AND b OR NOT c``"""
        self._depth += 1
        if self._depth > DEEPEST:
            self.refuse(f"no more than {DEEPEST} expressions inside each other")
        self._conjunction()
        while self.took_word("OR"):
            self._conjunction()
        self._depth -= 1

    def _conjunction(self) -> None:
        self._negation()
        while self.took_word("AND"):
            self._negation()

    def _negation(self) -> None:
        while self.took_word("NOT"):
            pass
        self._sum()
        if self.took("=", "<>", "<", "<=", ">", ">=") or self.took_word("IN"):
            self._sum()

    def _sum(self) -> None:
        self._product()
        while self.took("+", "-"):
            self._product()

    def _product(self) -> None:
        self._unary()
        while self.took("*", "/", "%"):
            self._unary()

    def _unary(self) -> None:
        while self.took("-"):
            pass
        self._postfix()

    def _postfix(self) -> None:
        self._primary()
        while self.took("."):
            if not self.took("*"):
                self.name("a field after the dot")
        if self.at_sign("["):
            self.refuse("get(array, index): AWS IoT SQL has no index in brackets")

    def _primary(self) -> None:
        token = self.token
        if token.kind in ("number", "string") or token.word in ("TRUE", "FALSE", "NULL"):
            self.next()
        elif token.kind == "variable":
            if token.text not in self.variables:
                self.refuse(f"variables that SET defines before they are used; {token.text} is none")
            self.next()
        elif self.took_word("CASE"):
            self._case()
        elif token.word == "EXISTS" and self.following().text == "(":
            self.next()
            self.sign("(")
            self.select(nested=True)
            self.sign(")")
        elif token.kind == "word" and token.word not in RESERVED:
            self.next()
            if self.took("("):
                self._call(token)
        elif self.took("("):
            if self.token.word == "SELECT":
                self.select(nested=True)
            else:
                self.expression()
            self.sign(")")
        else:
            self._literal()

    def _literal(self) -> None:
        if self.took("["):
            self._listed("]", self.expression)
        elif self.took("{"):
            self._listed("}", self._pair)
        else:
            self.unexpected("a field, a value or a function")

    def _call(self, called: Token) -> None:
        name = called.text.lower()
        if name == "cast":
            self._cast()
            return
        if name not in FUNCTIONS:
            near = difflib.get_close_matches(name, FUNCTIONS, 1)
            self.refuse(f"a function of AWS IoT SQL{f', such as {near[0]}()' if near else ''}; {called.text}() is none", called)
        if name == ONCE:
            if self._once:
                self.refuse(f"{ONCE}() once in a statement: with two, AWS IoT ends the rule without any action", called)
            self._once = True
        least, most = FUNCTIONS[name]
        count = self._listed(")", self._argument)
        # A sort key comes with its value.
        if not least <= count <= most or (name == ONCE and count == 5):
            takes = str(least) if least == most else f"{least} {'or' if name == ONCE or most == least + 1 else 'to'} {most}"
            self.refuse(f"{takes} argument{'' if takes == '1' else 's'} of {called.text}(); it has {count}", called)

    def _cast(self) -> None:
        self.expression()
        self.keyword("AS")
        if not self.took_word(*CAST_TYPES):
            self.unexpected(f"a type ({', '.join(sorted(one.capitalize() for one in CAST_TYPES))})")
        self.sign(")")

    def _argument(self) -> None:
        if not self.took("*"):
            self.expression()

    def _pair(self) -> None:
        if self.token.kind != "string":
            self.unexpected("a key in quotes")
        self.next()
        self.sign(":")
        self._argument()

    def _listed(self, closing: str, item: Callable[[], None]) -> int:
        if self.took(closing):
            return 0
        count = 1
        item()
        while self.took(","):
            item()
            count += 1
        self.sign(closing)
        return count

    def _case(self) -> None:
        if self.token.word == "WHEN":
            self.refuse("a value between CASE and WHEN; CASE true WHEN temperature > 50 THEN ... takes conditions")
        self.expression()
        self.keyword("WHEN")
        while True:
            self.expression()
            self.keyword("THEN")
            self.expression()
            if not self.took_word("WHEN"):
                break
        if self.took_word("ELSE"):
            self.expression()
        self.keyword("END")
