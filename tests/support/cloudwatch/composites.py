"""Rules of composite alarms: ``ALARM("a") AND NOT OK("b")``."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from tests.support.cloudwatch.states import State

_STATES = {"ALARM": State.ALARM, "OK": State.OK, "INSUFFICIENT_DATA": State.INSUFFICIENT}


def composite_state(rule: str, states: Mapping[str, State]) -> State:
    """ALARM or OK for *rule*, given the *states* of the alarms it names."""
    words = re.sub(r"\b(AND|OR|NOT|TRUE|FALSE)\b(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", lambda found: _python(found[0]), rule)
    return State.ALARM if _holds(ast.parse(words, mode="eval").body, states) else State.OK


def members(rule: str) -> list[str]:
    """The alarms a rule names, in order."""
    return re.findall(r"\(\s*\"?([^\"()]+?)\"?\s*\)", rule)


def _python(word: str) -> str:
    return word.capitalize() if word in ("TRUE", "FALSE") else word.lower()


def _holds(node: ast.AST, states: Mapping[str, State]) -> bool:
    if isinstance(node, ast.BoolOp):
        return (all if isinstance(node.op, ast.And) else any)(_holds(one, states) for one in node.values)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return not _holds(node.operand, states)
    if isinstance(node, ast.Constant):
        return bool(node.value)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        (named,) = node.args
        name = named.value if isinstance(named, ast.Constant) else ast.unparse(named)
        return states[str(name)] is _STATES[node.func.id]
    raise AssertionError(ast.dump(node))
