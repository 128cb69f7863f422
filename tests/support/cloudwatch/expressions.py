"""Metric math over series: the functions our alarms use, and no other."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

#: A series: one value a period, oldest first; None where there is none.
Series = list[float | None]
Value = Any  # a number, a Series, or a list of Series

_BINARY: dict[type[ast.AST], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_COMPARE: dict[type[ast.AST], Callable[[float, float], bool]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


class UnknownMathError(Exception):
    """Mathematics this evaluator does not know: teach it, or write the alarm with what it knows."""


def evaluate(expression: str, using: Mapping[str, Series], *, period: int, start: int = 0) -> Series:
    """*expression* over the series *using*, of *period* seconds, the first at epoch *start*. A query is a series under its own text."""
    if expression.lstrip().upper().startswith("SELECT"):
        return using[expression]
    text = re.sub(r"\b(AND|OR|NOT)\b", lambda found: found[0].lower(), expression.replace("&&", " and ").replace("||", " or "))
    tree = ast.parse(text.replace("^", "**"), mode="eval").body
    length = len(next(iter(using.values())))
    result = _Math(using, period, start, length).value(tree)
    if not _is_series(result):
        raise UnknownMathError(f"an alarm needs one series: {expression}")
    return list(result)


class _Math:
    def __init__(self, using: Mapping[str, Series], period: int, start: int, length: int) -> None:
        self.using, self.period, self.start, self.length = using, period, start, length

    def value(self, node: ast.AST) -> Value:  # noqa: PLR0911 - one return for each kind of node
        if isinstance(node, ast.Constant):
            return float(node.value) if isinstance(node.value, int | float) else node.value
        if isinstance(node, ast.Name):
            return node.id if node.id in ("REPEAT", "LINEAR") else self.using[node.id]
        if isinstance(node, ast.List):
            return [self.value(one) for one in node.elts]
        if isinstance(node, ast.UnaryOp):
            inner = self.value(node.operand)
            return self.each(operator.neg if isinstance(node.op, ast.USub) else lambda one: float(not one), inner)
        if isinstance(node, ast.BinOp):
            return self.each(_safely(_BINARY[type(node.op)]), self.value(node.left), self.value(node.right))
        if isinstance(node, ast.Compare):
            return self.each(_as_number(_COMPARE[type(node.ops[0])]), self.value(node.left), self.value(node.comparators[0]))
        if isinstance(node, ast.BoolOp):
            test = all if isinstance(node.op, ast.And) else any
            return self.each(lambda *all_of: float(test(all_of)), *(self.value(one) for one in node.values))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return self.call(node.func.id, [self.value(one) for one in node.args])
        raise UnknownMathError(ast.dump(node))

    def each(self, function: Callable[..., float | None], *values: Value) -> Value:
        """*function* for each point in time; missing where an operand is."""
        if any(isinstance(one, list) and one and isinstance(one[0], list) for one in values):
            raise UnknownMathError("arithmetic on a list of series")
        if not any(_is_series(one) for one in values):
            return function(*values)
        columns = [one if _is_series(one) else [one] * self.length for one in values]
        return [None if None in row else function(*row) for row in zip(*columns, strict=True)]

    def call(self, name: str, given: list[Value]) -> Value:  # noqa: PLR0911 - one return for each function
        if name == "METRICS":
            return list(self.using.values())
        if name == "FILL":
            return self.fill(*given)
        if name == "IF":
            return self.choose(*given)
        if name == "EPOCH":
            return [float(self.start + place * self.period) for place in range(self.length)]
        if name in ("RATE", "DIFF"):
            return self.differences(given[0], per_second=name == "RATE")
        if name in ("SUM", "MAX", "MIN", "AVG"):
            return self.over(name, given[0])
        if name in ("ABS", "CEIL", "FLOOR"):
            functions = {"ABS": abs, "CEIL": lambda one: float(-(-one // 1)), "FLOOR": lambda one: float(one // 1)}
            return self.each(functions[name], given[0])
        raise UnknownMathError(name)

    def fill(self, series: Series, filler: float | str) -> Series:
        if not isinstance(filler, str):
            return [filler if one is None else one for one in series]
        if filler != "REPEAT":
            raise UnknownMathError(f"FILL with {filler}")
        filled: Series = []
        for one in series:
            filled.append(one if one is not None or not filled else filled[-1])
        return filled

    def choose(self, condition: Value, then: Value, otherwise: Value = None) -> Value:
        columns = [one if _is_series(one) else [one] * self.length for one in (condition, then, otherwise)]
        return [None if test is None else (yes if test else no) for test, yes, no in zip(*columns, strict=True)]

    def differences(self, series: Series, *, per_second: bool) -> Series:
        """Between each value and the last one before it; the first has none."""
        result: Series = []
        before: tuple[int, float] | None = None
        for place, one in enumerate(series):
            if one is None or before is None:
                result.append(None)
            else:
                seconds = (place - before[0]) * self.period
                result.append((one - before[1]) / (seconds if per_second else 1))
            before = before if one is None else (place, one)
        return result

    def over(self, name: str, given: Value) -> Value:
        """Of a list of series, at each point in time, whatever of them is there; of one series, a number."""
        functions: dict[str, Callable[[list[float]], float]] = {
            "SUM": sum,
            "MAX": max,
            "MIN": min,
            "AVG": lambda all_of: sum(all_of) / len(all_of),
        }
        rows: Sequence[Sequence[float | None]] = list(zip(*given, strict=True)) if given and isinstance(given[0], list) else [given]
        totals = [functions[name]([one for one in row if one is not None]) if any(one is not None for one in row) else None for row in rows]
        return totals if given and isinstance(given[0], list) else totals[0]


def _is_series(value: Value) -> bool:
    return isinstance(value, list) and not (value and isinstance(value[0], list))


def _safely(function: Callable[[float, float], float]) -> Callable[[float, float], float | None]:
    """Division by zero has no value in metric math."""

    def safe(left: float, right: float) -> float | None:
        try:
            return function(left, right)
        except ZeroDivisionError:
            return None

    return safe


def _as_number(function: Callable[[float, float], bool]) -> Callable[[float, float], float]:
    return lambda left, right: float(function(left, right))
