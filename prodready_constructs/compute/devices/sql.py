"""Does a statement of AWS IoT SQL parse? AWS says so when the rule is made; this says so before anything is deployed."""

from __future__ import annotations

from dataclasses import dataclass

from prodready_constructs.compute.devices.sql_parser import Parser


@dataclass(frozen=True, slots=True)
class Statement:
    """What a rule must know of its statement: the topic filter (None: Basic Ingest alone), and the variables its templates may use."""

    topic_filter: str | None
    variables: frozenset[str]


def parse_sql(where: str, text: str) -> Statement:
    """The statement *text*, given at *where*.

    Raises:
        ConfigurationError: it does not parse; the message says at which character, and why.
    """
    parser = Parser(where, text)
    if parser.took_word("SET"):
        parser.assignments()
    topic_filter = parser.select(nested=False)
    if parser.token.kind != "end":
        parser.unexpected("the end")
    return Statement(topic_filter, frozenset(parser.variables))


def check_template(where: str, text: str, variables: frozenset[str] = frozenset()) -> None:
    """Refuse a substitution template (``devices/${clientid()}/data``) with an expression that does not parse.

    Source: https://docs.aws.amazon.com/iot/latest/developerguide/iot-substitution-templates.html
    """
    start = 0
    while (start := text.find("${", start)) >= 0:
        start += 2
        if text.startswith("Token[", start):  # of the CDK: a name that AWS knows
            continue
        parser = Parser(where, text, start)
        parser.variables |= variables
        parser.expression()
        if not parser.at_sign("}"):
            parser.unexpected("the } of the ${ before it")
        start = parser.token.end
