"""What a rule of AWS WAF looks for, in few words."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_wafv2 as wafv2

from prodready_constructs.errors import ConfigurationError

Acl = wafv2.CfnWebACL
Statement = wafv2.CfnWebACL.StatementProperty

#: A limit must hold however the path is written: ``/API/``, ``/%61pi/`` and ``//x/../api/`` are all ``/api/``.
LIMIT_VIEW = ("URL_DECODE", "NORMALIZE_PATH", "LOWERCASE")
#: An exclusion must not be widened by ``/upload/../admin``; letter case is kept, since small letters would only widen.
EXCLUSION_VIEW = ("URL_DECODE", "NORMALIZE_PATH")
#: What a request carries that came from an address list with ``verdict="trust"``.
TRUSTED_LABEL = "trusted:addresses"


def begins_with(path: str, view: Sequence[str]) -> Statement:
    """The request's path, seen as *view* transforms it, begins with *path*."""
    return Acl.StatementProperty(
        byte_match_statement=Acl.ByteMatchStatementProperty(
            field_to_match=Acl.FieldToMatchProperty(uri_path={}),
            positional_constraint="STARTS_WITH",
            search_string=path,
            text_transformations=[Acl.TextTransformationProperty(priority=place, type=kind) for place, kind in enumerate(view)],
        )
    )


def any_of(statements: Sequence[Statement]) -> Statement:
    """One of *statements*, of which there is at least one."""
    return statements[0] if len(statements) == 1 else Acl.StatementProperty(or_statement=Acl.OrStatementProperty(statements=statements))


def all_of(statements: Sequence[Statement]) -> Statement:
    """All of *statements*, of which there is at least one."""
    return statements[0] if len(statements) == 1 else Acl.StatementProperty(and_statement=Acl.AndStatementProperty(statements=statements))


def negated(statement: Statement) -> Statement:
    """Not *statement*."""
    return Acl.StatementProperty(not_statement=Acl.NotStatementProperty(statement=statement))


def none_of(paths: Sequence[str]) -> Statement:
    """The path begins with none of *paths*."""
    return negated(any_of([begins_with(path, EXCLUSION_VIEW) for path in paths]))


def labelled(label: str) -> Statement:
    """An earlier rule put *label* on the request."""
    return Acl.StatementProperty(label_match_statement=Acl.LabelMatchStatementProperty(scope="LABEL", key=label))


def from_countries(codes: set[str], *, forwarded: bool, fallback: str) -> Statement:
    """The request comes from one of *codes*. *fallback*: the verdict on a header without an address."""
    config = forwarded_ip(fallback) if forwarded else None
    return Acl.StatementProperty(geo_match_statement=Acl.GeoMatchStatementProperty(country_codes=sorted(codes), forwarded_ip_config=config))


def from_sets(arns: Sequence[str], *, forwarded: bool, fallback: str) -> Statement:
    """The request comes from an address of one of the IP sets *arns*."""
    # The last address of the header is the one CloudFront wrote; the ones before it are the visitor's to invent.
    config = (
        Acl.IPSetForwardedIPConfigurationProperty(header_name="X-Forwarded-For", position="LAST", fallback_behavior=fallback)
        if forwarded
        else None
    )
    return any_of(
        [
            Acl.StatementProperty(
                ip_set_reference_statement=Acl.IPSetReferenceStatementProperty(arn=arn, ip_set_forwarded_ip_config=config)
            )
            for arn in arns
        ]
    )


def forwarded_ip(fallback: str) -> wafv2.CfnWebACL.ForwardedIPConfigurationProperty:
    """The visitor's address behind CloudFront; *fallback* is always the verdict that blocks: CloudFront never sends a header without one."""
    return Acl.ForwardedIPConfigurationProperty(header_name="X-Forwarded-For", fallback_behavior=fallback)


def require_path(where: str, path: str) -> None:
    """Refuse a path that no request can have."""
    if not path.startswith("/"):
        raise ConfigurationError(where, given=path, allowed="a path that begins with '/'", mend=f"use '/{path}'")
