"""What resolvers and channels run: files of yours, or the ready ones of this package."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar, Literal

from prodready_constructs.edge.graphql.javascript import require_subset
from prodready_constructs.errors import ConfigurationError

SourceKind = Literal["table", "function", "http", "local"]
#: What a table's role may be allowed. Source: AppSync developer guide, "Resolver function reference for DynamoDB".
TABLE_OPERATIONS = (
    *("BatchGetItem", "BatchWriteItem", "ConditionCheckItem", "DeleteItem", "GetItem"),
    *("PutItem", "Query", "Scan", "UpdateItem"),
)
#: The fields that the ready resolvers keep themselves.
_OURS = ["version", "updatedAt"]
#: DynamoDB reads at most 1 MB for a page, whatever is asked; more than this makes a page slow and costly.
_LARGEST_PAGE = 1_000
_RESOLVERS = Path(__file__).parent / "resolvers"
_VARIABLE = re.compile(r"\{([_A-Za-z]\w*)\}")
_PATH = re.compile(r"(/([A-Za-z0-9._~-]+|\{[_A-Za-z]\w*\}))+|/")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolverCode:
    """The code of one resolver, inside what AppSync's JavaScript can do, and what it needs.

    Attributes:
        text: the module.
        kind: of data source it speaks to; None for any.
        operations: of DynamoDB: the source's role gets exactly these.
        index: of the table that it reads; the table itself when None.
        arguments: that the field must have.
        forwards_caller: whether it hands the caller's ``Authorization`` header on.
    """

    #: In a key: the caller, as the identity provider names them, and not an argument that anybody can set.
    CALLER: ClassVar[str] = "$caller"

    text: str
    kind: SourceKind | None = None
    operations: tuple[str, ...] = ()
    index: str | None = None
    arguments: frozenset[str] = frozenset()
    forwards_caller: bool = False

    @classmethod
    def from_file(cls, path: str | Path, *, operations: Sequence[str] = (), index: str | None = None) -> ResolverCode:
        """A module of yours that exports ``request`` and ``response``.

        Args:
            path: the file, bundled into one where it imports more than ``@aws-appsync/utils``.
            operations: of DynamoDB that it asks for, where its source is a table; of a transaction, those inside it.
            index: of the table that it queries.

        Raises:
            ConfigurationError: no file, outside AppSync's JavaScript (file, line and what to do), or an operation unknown.
        """
        text = _read(path)
        require_subset(str(path), text, exports=("request", "response"))
        if unknown := sorted(set(operations) - set(TABLE_OPERATIONS)):
            raise ConfigurationError(
                f"{path}: operations", given=", ".join(unknown), allowed=", ".join(TABLE_OPERATIONS), mend="use the names of DynamoDB's API"
            )
        return cls(text=text, operations=tuple(operations), index=index)

    @classmethod
    def get_item(cls, *, key: Mapping[str, str], consistent: bool = False) -> ResolverCode:
        """One item by its whole key: attribute -> argument, or ``ResolverCode.CALLER``."""
        return _table("get_item", ("GetItem",), key, settings={"consistent": consistent})

    @classmethod
    def put_item(
        cls, *, key: Mapping[str, str], input_argument: str = "input", version_argument: str | None = "expectedVersion"
    ) -> ResolverCode:
        """A new item, or its next version where the caller names the version they saw; otherwise the answer is ``Conflict``.

        *key* maps attributes to fields of the input. ``version`` and ``updatedAt`` are kept by the resolver. Items are only made,
        never changed, when *version_argument* is None.
        """
        return _table(
            "put_item",
            # AppSync reads the item again when its condition fails.
            ("PutItem", "GetItem"),
            key,
            settings={"inputArgument": input_argument, "versionArgument": version_argument, "ours": _OURS},
            arguments={input_argument, *([version_argument] if version_argument else [])},
        )

    @classmethod
    def query_by_key(
        cls, *, key: Mapping[str, str], index: str | None = None, page_size: int = 20, largest_page: int = 100, newest_first: bool = False
    ) -> ResolverCode:
        """The items of one key, by page: the field takes ``limit`` and ``nextToken`` and its type has ``items`` and ``nextToken``.

        Args:
            page_size: items where the caller does not say; *largest_page*: the most they may ask for, up to 1,000.

        Raises:
            ConfigurationError: pages that cannot be.
        """
        if not 1 <= page_size <= largest_page <= _LARGEST_PAGE:
            raise ConfigurationError(
                "ResolverCode.query_by_key",
                given=f"page_size={page_size}, largest_page={largest_page}",
                allowed=f"1 <= page_size <= largest_page <= {_LARGEST_PAGE}",
                mend="leave them out for 20 and 100",
            )
        settings = {"index": index, "pageSize": page_size, "largestPage": largest_page, "newestFirst": newest_first}
        return _table("query", ("Query",), key, settings=settings, arguments={"limit", "nextToken"}, index=index)

    @classmethod
    def delete_item(cls, *, key: Mapping[str, str], version_argument: str = "expectedVersion") -> ResolverCode:
        """Away with one item, when its ``version`` is still the one the caller saw."""
        return _table(
            "delete_item", ("DeleteItem", "GetItem"), key, settings={"versionArgument": version_argument}, arguments={version_argument}
        )

    @classmethod
    def invoke(cls) -> ResolverCode:
        """Ask the function: it hears type, field, arguments, source and who calls; no headers."""
        return cls(text=_ready("shared", "invoke", settings={"key": {}}), kind="function")

    @classmethod
    def http_get(cls, path: str, *, query: Sequence[str] = (), forwards_caller: bool = True) -> ResolverCode:
        """GET *path* (``/orders/{id}``: arguments), with the arguments *query* as query strings.

        Args:
            forwards_caller: hand on the caller's ``Authorization``, so that the service judges them itself.

        Raises:
            ConfigurationError: a path that is none.
        """
        variables = _variables(path)
        text = _ready("shared", "http", "http_get", settings=_http(path, forwards_caller, query=list(query)))
        return cls(text=text, kind="http", arguments=variables | set(query), forwards_caller=forwards_caller)

    @classmethod
    def http_post(cls, path: str, *, input_argument: str = "input", forwards_caller: bool = True) -> ResolverCode:
        """POST the input as JSON to *path*; see ``http_get``."""
        variables = _variables(path)
        text = _ready("shared", "http", "http_post", settings=_http(path, forwards_caller, inputArgument=input_argument))
        return cls(text=text, kind="http", arguments=variables | {input_argument}, forwards_caller=forwards_caller)

    @classmethod
    def local(cls) -> ResolverCode:
        """Answer with the arguments themselves: for mutations that only tell subscribers."""
        return cls(text=_ready("local"), kind="local")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelCode:
    """What runs on a channel when somebody publishes or subscribes.

    Attributes:
        text: the module.
    """

    text: str

    @classmethod
    def from_file(cls, path: str | Path) -> ChannelCode:
        """A module of yours that exports ``onPublish``, ``onSubscribe`` or both.

        Raises:
            ConfigurationError: no file, or outside AppSync's JavaScript.
        """
        text = _read(path)
        require_subset(str(path), text, exports=("onPublish|onSubscribe",))
        return cls(text=text)

    @classmethod
    def own_channel(cls) -> ChannelCode:
        """Users hear and tell their own channel only (``/orders/<subject>/...``); services with an IAM role tell everybody's."""
        return cls(text=_ready("own_channel"))


def around_steps() -> str:
    """The code around the steps of a pipeline."""
    return _ready("steps")


def _table(
    name: str,
    operations: tuple[str, ...],
    key: Mapping[str, str],
    *,
    settings: Mapping[str, object],
    arguments: set[str] | None = None,
    index: str | None = None,
) -> ResolverCode:
    if len(key) not in {1, 2}:
        raise ConfigurationError(
            f"ResolverCode: {name}: key", given=dict(key), allowed="a partition key, and perhaps a sort key", mend="name the key attributes"
        )
    from_arguments = set() if "inputArgument" in settings else set(key.values()) - {ResolverCode.CALLER}
    return ResolverCode(
        text=_ready("shared", name, settings={"key": dict(key), **settings}),
        kind="table",
        operations=operations,
        index=index,
        arguments=frozenset(from_arguments | (arguments or set())),
    )


def _http(path: str, forwards_caller: bool, **settings: object) -> dict[str, object]:
    return {"key": {}, "path": path, "forwardsCaller": forwards_caller, **settings}


def _variables(path: str) -> frozenset[str]:
    if not _PATH.fullmatch(path):
        raise ConfigurationError(
            "ResolverCode: path", given=path, allowed="a path such as '/orders/{id}'", mend="begin with '/', one name or {argument} a part"
        )
    return frozenset(_VARIABLE.findall(path))


@cache
def _file(name: str) -> str:
    return (_RESOLVERS / f"{name}.js").read_text(encoding="utf-8")


def _ready(*names: str, settings: Mapping[str, object] | None = None) -> str:
    *before, last = map(_file, names)
    return "\n".join([*before, *([f"const SETTINGS = {json.dumps(settings)}\n"] if settings else []), last])


def _read(path: str | Path) -> str:
    file = Path(path)
    if not file.is_file():
        raise ConfigurationError(str(path), given="no such file", allowed="a JavaScript module", mend="give the path of the file")
    return file.read_text(encoding="utf-8")
