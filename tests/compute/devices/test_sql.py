"""AWS IoT SQL: what the reference allows is taken, what AWS would refuse is refused with its place."""

from __future__ import annotations

import re

import pytest

from prodready_constructs.compute.devices.sql import check_template, parse_sql
from prodready_constructs.compute.devices.sql_parser import LONGEST_VARIABLE
from prodready_constructs.compute.devices.sql_words import CAST_TYPES, FUNCTIONS, token_at
from prodready_constructs.errors import ConfigurationError

pytestmark = pytest.mark.control("FN-6")

#: One of each form that the reference describes, in our words: statement, and the filter it listens to.
TAKEN = [
    ("SELECT * FROM 'plant/hall-1'", "plant/hall-1"),
    ("select colour from 'a/b' where brightness >= 40", "a/b"),
    ("SELECT colour AS paint, brightness AS lumen FROM 'a/+/c'", "a/+/c"),
    ("SELECT *, 15 AS speed FROM 'a/#'", "a/#"),
    ("SELECT * AS payload, topic() AS source FROM 'a'", "a"),
    ("SELECT VALUE colour FROM 'a/b'", "a/b"),
    ("SELECT VALUE [colour, brightness] FROM 'a/b'", "a/b"),
    ("SELECT paint.red AS red FROM 'a/b'", "a/b"),
    ("SELECT paint.red AS mixed.red FROM 'a/b'", "a/b"),
    ("SELECT state.reported.* FROM 'a'", "a"),
    ("SELECT (fahrenheit - 32) * 5 / 9 AS celsius, upper(colour) AS paint FROM 'a'", "a"),
    ("SELECT -brightness, 7 % 4, 1.5e-3 AS tiny FROM 'a'", "a"),
    ("SELECT encode(*, 'base64') AS raw, timestamp() AS at FROM 'a'", "a"),
    ("SELECT decode(packed, \"base64\").degrees AS degrees FROM 'a'", "a"),
    ("SELECT decode(packed, 'proto', 'bucket', 'file.desc', 'schema.proto', 'Reading') FROM 'a'", "a"),
    ("SELECT * FROM 'a' WHERE timestamp() % 12 = 0", "a"),
    ("SELECT * FROM 'a' WHERE brightness > 50 AND colour <> 'red' OR NOT isNull(name)", "a"),
    ("SELECT * FROM 'a' WHERE NOT NOT (x < 1 OR y <= 2)", "a"),
    ("SELECT * FROM 'a' WHERE 3 IN floors", "a"),
    ("SELECT * FROM 'a' WHERE colour IN ['red', 'green']", "a"),
    ("SELECT * FROM 'a' WHERE EXISTS (SELECT * FROM sensors WHERE kind = 'smoke')", "a"),
    ("SELECT (SELECT VALUE kind FROM sensors) AS kinds FROM 'a'", "a"),
    ("SELECT get((SELECT value FROM sensors WHERE kind = 'heat'), 0).value AS heat FROM 'a'", "a"),
    ("SELECT (SELECT v FROM house.rooms) AS rooms FROM 'a'", "a"),
    ("SELECT {'lat': get(place, 0), 'rest': {'lon': get(place, 1), 'none': null}} AS place FROM 'a'", "a"),
    ("SELECT [lat, lon, true] AS place, [] AS nothing, {} AS empty FROM 'a'", "a"),
    ("SELECT CASE colour WHEN 'green' THEN 'go' WHEN 'red' THEN 'stop' ELSE 'look' END AS order FROM 'a'", "a"),
    ("SELECT CASE true WHEN heat > 50 THEN 'hot' END AS how FROM 'a'", "a"),
    ("SELECT cast(flag AS Int) AS flag FROM 'a'", "a"),
    ("SELECT Nanvl(8, 3), concat(), concat(1, 'a', [2]), topic(2), substring(name, 0, 4) FROM 'a'", "a"),
    ("SELECT aws_lambda(\"arn:aws:lambda:eu-west-1:111122223333:function:f\", {'part': heat}) AS answer FROM 'a'", "a"),
    ("SELECT get_dynamodb('Devices', 'id', clientid(), 'arn:aws:iam::111122223333:role/r').place AS place FROM 'a'", "a"),
    ("SELECT * FROM 'a' WHERE get_thing_shadow('Boiler', 'arn:aws:iam::111122223333:role/r').state.reported.alarm = 'ON'", "a"),
    ("SELECT parse_time(\"yyyy.MM.dd G 'at' HH:mm:ss z\", timestamp(), 'Europe/Berlin') AS at FROM 'a'", "a"),
    ("SELECT 'it''s' AS said FROM 'a'", "a"),
    ("SELECT order, limit, group FROM 'a'", "a"),
    ("SELECT value FROM 'a'", "a"),
    ("SELECT value, value AS set, reading.value * 2, value * 3 AS end, reading.end FROM 'a' WHERE value > 3", "a"),
    ("SELECT VALUE * FROM 'a'", "a"),
    ("select value transform('enrichArray', (select site, kind from head), (select value part from body)) from 'a'", "a"),
    ("select value transform('enrichArray', {'site': head.site}, body) from 'a'", "a"),
    ("SELECT VALUE (a + b) FROM 'a'", "a"),
    ("SELECT set, exists FROM 'a'", "a"),
    ("SET @c = (fahrenheit - 32) * 5 / 9 SELECT @c AS celsius FROM 'a' WHERE @c > 40", "a"),
    ("SET @a = box.inner, @b = @a.x + 1 SELECT @a.y, @b FROM 'a'", "a"),
    ("SELECT *\n  FROM 'a'\n WHERE x = 1", "a"),
    ("SELECT * WHERE heat > 3", None),
    ("SELECT *", None),
]


@pytest.mark.parametrize(("sql", "topic_filter"), TAKEN, ids=[sql for sql, _ in TAKEN])
def test_what_the_reference_describes_is_taken(sql: str, topic_filter: str | None) -> None:
    assert parse_sql("here", sql).topic_filter == topic_filter


def test_the_variables_of_a_statement_are_known_to_its_templates() -> None:
    statement = parse_sql("here", "SET @a = 1, @b = @a SELECT @b FROM 'a'")
    assert statement.variables == {"@a", "@b"}
    check_template("here", "x/${@a}/${@b.c}", statement.variables)
    with pytest.raises(ConfigurationError, match=re.escape("at character 5: variables that SET defines before they are used; @z is none")):
        check_template("here", "x/${@z}", statement.variables)


#: Statement -> where it breaks, and what is said.
REFUSED = [
    ("", 1, "SELECT in place of the end"),
    ("SELEC * FROM 'a'", 1, "SELECT in place of 'SELEC'"),
    ("DELETE FROM 'a'", 1, "AWS IoT SQL has no DELETE: a rule selects; its targets write"),
    ("SELECT FROM 'a'", 8, "a field, a value or a function in place of 'FROM'"),
    ("SELECT a, FROM 'a'", 11, "a field, a value or a function in place of 'FROM'"),
    ("SELECT a b FROM 'a'", 10, "the end in place of 'b'"),
    ("SELECT a FROM", 14, "a topic filter in single quotes, such as 'devices/+/telemetry', in place of the end"),
    ("SELECT a FROM a/b", 15, "a topic filter in single quotes, such as 'devices/+/telemetry', in place of 'a'"),
    ('SELECT a FROM "a/b"', 15, "a topic filter in single quotes, such as 'devices/+/telemetry', in place of 'a/b'"),
    ("SELECT a FROM 'a", 15, "this quote is never closed"),
    ('SELECT "a FROM \'a\'', 8, "this quote is never closed"),
    ("SELECT a FROM 'a' FROM 'b'", 19, "the end in place of 'FROM'"),
    ("SELECT a WHERE b = 1 FROM 'a'", 22, "the end in place of 'FROM'"),
    ("SELECT a FROM 'a' WHERE", 24, "a field, a value or a function in place of the end"),
    ("SELECT a FROM 'a' WHERE b = = 1", 29, "a field, a value or a function in place of '='"),
    ("SELECT a FROM 'a' WHERE b == 1", 27, "write ="),
    ("SELECT a FROM 'a' WHERE b != 1", 27, "write <>"),
    ("SELECT a FROM 'a' WHERE !b", 25, "write NOT"),
    ("SELECT a FROM 'a' WHERE b && c", 27, "write AND"),
    ("SELECT a || b FROM 'a'", 10, "write + or concat()"),
    ("SELECT a FROM 'a';", 18, "leave it out: a rule is one statement"),
    ("SELECT a FROM 'a' -- the hall", 19, "AWS IoT SQL has no comments"),
    ("SELECT /* all */ a FROM 'a'", 8, "AWS IoT SQL has no comments"),
    ("SELECT `a` FROM 'a'", 8, "write names without quotes; get(*, 'odd-name') reads a key of any spelling"),
    ("SELECT a – 32 FROM 'a'", 10, "a dash copied from a page: write -"),
    ("SELECT a FROM ‘a’", 15, "a quote copied from a page: write '"),
    ("SELECT a FROM 'a' WHERE b ~ 1", 27, "'~' means nothing in AWS IoT SQL"),
    ("SELECT a FROM 'a' WHERE b LIKE 'x'", 27, "AWS IoT SQL has no LIKE: use startswith(), endswith() or regexp_matches()"),
    ("SELECT a FROM 'a' WHERE b IS NULL", 27, "AWS IoT SQL has no IS: use isNull() or isUndefined()"),
    ("SELECT a FROM 'a' WHERE b BETWEEN 1 AND 2", 27, "AWS IoT SQL has no BETWEEN: use >= and <="),
    ("SELECT DISTINCT a FROM 'a'", 17, "AWS IoT SQL has no DISTINCT: a rule sees one message at a time"),
    ("SELECT a FROM 'a' GROUP BY a", 19, "AWS IoT SQL has no GROUP: a rule sees one message at a time: count behind it"),
    ("SELECT a FROM 'a' LIMIT 1", 19, "AWS IoT SQL has no LIMIT: a rule sees one message at a time"),
    ("SELECT VALUE a, b FROM 'a'", 8, "one item after SELECT VALUE; it has 2"),
    ("SELECT a AS FROM 'a'", 13, "a name after AS in place of 'FROM'"),
    ("SELECT a AS b. FROM 'a'", 16, "a name after the dot in place of 'FROM'"),
    ("SELECT a. FROM 'a'", 11, "a field after the dot in place of 'FROM'"),
    ("SELECT a[0] FROM 'a'", 9, "get(array, index): AWS IoT SQL has no index in brackets"),
    ("SELECT (a FROM 'a'", 11, ") in place of 'FROM'"),
    ("SELECT [a, b FROM 'a'", 14, "] in place of 'FROM'"),
    ("SELECT {a: 1} FROM 'a'", 9, "a key in quotes in place of 'a'"),
    ("SELECT {'a' 1} FROM 'a'", 13, ": in place of '1'"),
    ("SELECT (SELECT v) FROM 'a'", 17, "FROM and the field to read in place of ')'"),
    ("SELECT (SELECT v FROM) FROM 'a'", 22, "a field, a value or a function in place of ')'"),
    ("SELECT EXISTS x FROM 'a'", 15, "the end in place of 'x'"),
    ("SELECT EXISTS (x) FROM 'a'", 16, "SELECT in place of 'x'"),
    ("SELECT CASE WHEN a > 1 THEN 2 END FROM 'a'", 13, "a value between CASE and WHEN; CASE true WHEN temperature > 50 THEN ... takes conditions"),
    ("SELECT CASE a THEN 2 END FROM 'a'", 15, "WHEN in place of 'THEN'"),
    ("SELECT CASE a WHEN 1 THEN 2 FROM 'a'", 29, "END in place of 'FROM'"),
    ("SELECT uper(a) FROM 'a'", 8, "a function of AWS IoT SQL, such as upper(); uper() is none"),
    ("SELECT zzzzzz(a) FROM 'a'", 8, "a function of AWS IoT SQL; zzzzzz() is none"),
    ("SELECT abs() FROM 'a'", 8, "1 argument of abs(); it has 0"),
    ("SELECT upper(a, b) FROM 'a'", 8, "1 argument of upper(); it has 2"),
    ("SELECT timestamp(1) FROM 'a'", 8, "0 arguments of timestamp(); it has 1"),
    ("SELECT substring(a) FROM 'a'", 8, "2 or 3 arguments of substring(); it has 1"),
    ("SELECT decode(a) FROM 'a'", 8, "2 to 6 arguments of decode(); it has 1"),
    ("SELECT get_dynamodb('t', 'k', v, 's', 'r') FROM 'a'", 8, "4 or 6 arguments of get_dynamodb(); it has 5"),
    ("SELECT cast(a AS blob) FROM 'a'", 18, "a type (Bool, Boolean, Decimal, Double, Int, Integer, Ntext, Nvarchar, String, Text, Varchar) in place of 'blob'"),
    ("SELECT cast(a) FROM 'a'", 14, "AS in place of ')'"),
    ("SELECT @c FROM 'a'", 8, "variables that SET defines before they are used; @c is none"),
    ("SET @c = @d, @d = 1 SELECT @c FROM 'a'", 10, "variables that SET defines before they are used; @d is none"),
    ("SET @c = 1, @c = 2 SELECT @c FROM 'a'", 13, "each variable set once; @c is set already"),
    ("SET c = 1 SELECT c FROM 'a'", 5, "a variable such as @celsius, of 64 letters, digits and underscores at most, in place of 'c'"),
    ("SET @c 1 SELECT @c FROM 'a'", 8, "= in place of '1'"),
    ("SET @c = 1 SET @d = 2 SELECT @c FROM 'a'", 12, "SELECT in place of 'SET'"),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "at", "said"), REFUSED, ids=[sql or "nothing" for sql, _, _ in REFUSED])
def test_what_does_not_parse_is_refused_at_its_place(sql: str, at: int, said: str) -> None:
    message = (
        f"here: got {sql!r}; allowed: AWS IoT SQL that parses; at character {at}: {said}; see the AWS IoT SQL reference, version 2016-03-23"
    )
    with pytest.raises(ConfigurationError, match=f"^{re.escape(message)}$"):
        parse_sql("here", sql)


def test_a_second_look_into_a_table_is_refused() -> None:
    look = "get_dynamodb('t', 'k', v, 'arn:role')"
    with pytest.raises(
        ConfigurationError, match=re.escape("get_dynamodb() once in a statement: with two, AWS IoT ends the rule without any action")
    ):
        parse_sql("here", f"SELECT {look} AS a, {look} AS b FROM 'a'")


def test_a_variable_is_as_long_as_aws_takes_it() -> None:
    name = "@" + "v" * LONGEST_VARIABLE
    assert parse_sql("here", f"SET {name} = 1 SELECT {name} FROM 'a'").variables == {name}
    with pytest.raises(ConfigurationError, match="at character 5: a variable such as @celsius"):
        parse_sql("here", f"SET {name}v = 1 SELECT 1 FROM 'a'")


def test_brackets_without_end_are_refused() -> None:
    parse_sql("here", f"SELECT {'(' * 49}x{')' * 49} FROM 'a'")
    with pytest.raises(ConfigurationError, match="no more than 50 expressions inside each other"):
        parse_sql("here", f"SELECT {'(' * 5000}x FROM 'a'")


def test_every_function_is_taken_with_as_many_arguments_as_it_has_and_not_with_more() -> None:
    for name, (least, most) in FUNCTIONS.items():
        for count in {least, min(most, 7)}:
            arguments = ", ".join(["x"] * count)
            parse_sql("here", f"SELECT {name}({arguments}) FROM 'a'")
            parse_sql("here", f"SELECT {name.upper()}({arguments}) FROM 'a'")
        if most < 7:
            with pytest.raises(ConfigurationError, match=re.escape(f"of {name}(); it has {most + 1}")):
                parse_sql("here", f"SELECT {name}({', '.join(['x'] * (most + 1))}) FROM 'a'")
    for kind in CAST_TYPES:
        parse_sql("here", f"SELECT cast(x AS {kind.lower()}) FROM 'a'")


@pytest.mark.parametrize("cut", range(1, 60))
def test_no_beginning_of_a_statement_breaks_the_parser(cut: int) -> None:
    """It is taken or refused with a place inside the text; nothing else happens."""
    text = "SELECT get((SELECT v FROM e WHERE n = 'x'), 0).v AS t FROM 'a' WHERE t IN [1, {'k': 2}]"[:cut]
    try:
        parse_sql("here", text)
    except ConfigurationError as error:
        place = re.search(r"at character (\d+)", error.allowed)
        assert place is not None
        assert 1 <= int(place[1]) <= len(text) + 1


def test_a_token_knows_where_it_stands() -> None:
    token = token_at("SELECT  'a''b' <> 2", 6)
    assert (token.kind, token.text, token.at) == ("string", "a''b", 9)
    assert token_at("a <> b", 1).text == "<>"
    assert token_at("   ", 0).kind == "end"


@pytest.mark.parametrize(
    "template",
    [
        "plain/key.json",
        "devices/${clientid()}/${parse_time('yyyy/MM', timestamp())}.json",
        "a/${Token[TOKEN.12]}/${topic(3)}",
        "${{'}': 1}}",
    ],
)
def test_templates_are_taken(template: str) -> None:
    check_template("here", template)


@pytest.mark.parametrize(
    ("template", "at", "said"),
    [
        ("a/${}", 5, "a field, a value or a function in place of '}'"),
        ("a/${topic(3}/b", 12, ") in place of '}'"),
        ("a/${topic()", 12, "the } of the ${ before it in place of the end"),
        ("a/${topics()}", 5, "a function of AWS IoT SQL, such as topic(); topics() is none"),
        ("a/${x}/${y z}", 12, "the } of the ${ before it in place of 'z'"),
    ],
)
def test_templates_that_do_not_parse_are_refused(template: str, at: int, said: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(f"at character {at}: {said}; see")):
        check_template("here", template)
