"""A YAML or JSON file as plain values that know their lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import yaml

from prodready_constructs.errors import ConfigurationError

#: What a value without quotes is, in YAML 1.2 as in JSON: ``no`` and ``on`` are words, ``2024-01-01`` is text.
#: Source: https://yaml.org/spec/1.2.2/#103-core-schema
_PLAIN = (
    (re.compile(r"null|~|"), lambda _: None),
    (re.compile(r"true|false"), lambda text: text == "true"),
    (re.compile(r"-?(0|[1-9][0-9]*)"), int),
    (re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?"), float),
)
_JSON, _YAML = (".json",), (".yaml", ".yml")
#: The tags that PyYAML gives a value without one.
_UNTAGGED = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "null", "bool", "int", "float", "timestamp", "value", "merge", "seq", "map")}


class Mapped(dict[str, Any]):
    """A mapping of the file: the line it begins on, and the line of each key."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}

    def line_of(self, key: str) -> int:
        """The line of *key*; of the mapping, where it has no such key."""
        return self.lines.get(key, self.line)

    def mapping(self, key: str) -> Mapped:
        """The mapping under *key*; an empty one of the same line, where there is none."""
        value = self.get(key)
        return value if isinstance(value, Mapped) else Mapped(self.line_of(key))


class Document:
    """One file. What is wrong with it is refused with its name and line."""

    def __init__(self, file: str | Path) -> None:
        self.name = str(file)
        text = self._text(Path(file))
        if Path(file).suffix in _JSON:
            try:
                json.loads(text)
            except json.JSONDecodeError as error:
                self.refuse(error.lineno, given=error.msg, allowed="JSON", mend=f"mend column {error.colno}")
            # What is left of tabs in JSON that parses is indentation, which YAML does not take.
            text = text.replace("\t", " ")
        self.root = self._read(text)

    def refuse(self, line: int, *, given: object, allowed: str, mend: str) -> NoReturn:
        """Say what is wrong, and where."""
        raise ConfigurationError(f"{self.name}:{line}", given=given, allowed=allowed, mend=mend)

    def mapping(self, holder: Mapped, key: str) -> Mapped:
        """The mapping under *key* of *holder*, which must be one where it is there."""
        value = holder.get(key)
        if key in holder and not isinstance(value, Mapped):
            self.refuse(holder.line_of(key), given=f"{key}: {value!r}", allowed="a mapping", mend=f"write what belongs into {key} below it")
        return holder.mapping(key)

    def require_keys(self, holder: Mapped, allowed: Iterable[str], *, what: str, ignored: tuple[str, ...] = ("x-",)) -> None:
        """Refuse a key that *what* does not have: it would be read by nobody."""
        known = sorted(allowed)
        for key in holder:
            if key not in known and not key.startswith(ignored):
                self.refuse(holder.line_of(key), given=key, allowed=f"in {what}: {', '.join(known)}", mend="correct or remove it")

    def resolve(self, holder: Mapped) -> tuple[Mapped, str | None]:
        """What *holder* refers to (itself, where it has no ``$ref``), and the name it has there."""
        name, seen = None, []
        while "$ref" in holder:
            reference, line = holder["$ref"], holder.line_of("$ref")
            parts = str(reference).split("/")
            if len(parts) != 4 or parts[:2] != ["#", "components"] or reference in seen:
                self.refuse(
                    line,
                    given=f"$ref: {reference}",
                    allowed="a part of this file, such as '#/components/schemas/Order', that does not lead back to itself",
                    mend="put it into this file's components: nothing is fetched from elsewhere",
                )
            seen.append(reference)
            name = parts[3].replace("~1", "/").replace("~0", "~")
            found = self.root.mapping("components").mapping(parts[2]).get(name)
            if not isinstance(found, Mapped):
                self.refuse(
                    line, given=f"$ref: {reference}", allowed="what stands under components", mend="correct the name, or add it there"
                )
            holder = found
        return holder, name

    def _text(self, path: Path) -> str:
        where = str(path)
        if path.suffix not in (*_JSON, *_YAML):
            raise ConfigurationError(where, given=path.suffix, allowed=", ".join((*_YAML, *_JSON)), mend="name the file by what is in it")
        try:
            return path.read_bytes().decode("utf-8-sig")
        except FileNotFoundError:
            raise ConfigurationError(
                where, given="no such file", allowed="an OpenAPI file", mend="name it from where the app runs"
            ) from None
        except UnicodeDecodeError as error:
            self.refuse(
                error.object.count(b"\n", 0, error.start) + 1, given="bytes that are no UTF-8", allowed="UTF-8", mend="save it as UTF-8"
            )

    def _read(self, text: str) -> Mapped:
        try:
            node = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else 1
            self.refuse(line, given=error.problem or error.context, allowed="YAML", mend="mend this line, or the one above it")
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            self.refuse(line, given=f"the character U+{ord(text[error.position]):04X}", allowed="text", mend="remove it")
        root = self._value(node, {}) if node else None
        if not isinstance(root, Mapped):
            self.refuse(1, given="no mapping", allowed="a mapping that begins with openapi: 3.0.3", mend="hand over an OpenAPI file")
        return root

    def _value(self, node: Any, made: dict[int, Any]) -> Any:
        """The value of *node*; an alias is the value of its anchor."""
        line = node.start_mark.line + 1
        if id(node) in made:
            if made[id(node)] is None:
                self.refuse(line, given="an anchor inside itself", allowed="anchors that end", mend="use $ref, which may be recursive")
            return made[id(node)]
        if node.tag not in _UNTAGGED:
            self.refuse(line, given=node.tag, allowed="values without a tag", mend="remove the tag")
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        made[id(node)] = None
        if isinstance(node, yaml.SequenceNode):
            made[id(node)] = [self._value(each, made) for each in node.value]
            return made[id(node)]
        mapped = Mapped(line)
        for key, name in self._keys(node):
            mapped[name] = self._value(key[1], made)
            mapped.lines[name] = key[0].start_mark.line + 1
        made[id(node)] = mapped
        return mapped

    def _keys(self, node: Any) -> Iterator[tuple[Any, str]]:
        seen: set[str] = set()
        for pair in node.value:
            key = pair[0]
            line = key.start_mark.line + 1
            name = key.value if isinstance(key, yaml.ScalarNode) else None
            if name is None or name == "<<" or name in seen:
                self.refuse(line, given=name or "a key that is no text", allowed="each key once, as text", mend="remove or rename it")
            seen.add(name)
            yield pair, name


def _scalar(node: Any) -> Any:
    text = str(node.value)
    if node.style is not None:
        return text
    return next((made(text) for form, made in _PLAIN if form.fullmatch(text)), text)
