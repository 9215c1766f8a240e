"""User SQL: what runs, what is refused, and that nothing escapes the documented views."""

from __future__ import annotations

import pytest

from evalwright.domain.errors import QueryRefused
from evalwright.storage.spans.guard import check_sql

VIEWS = ("spans", "traces", "sessions", "scores", "items")

NASTY = [
    "DROP TABLE span_rows",
    "INSERT INTO spans VALUES (1)",
    "ALTER TABLE span_rows DELETE WHERE 1",
    "TRUNCATE TABLE span_rows",
    "CREATE TABLE x (a Int8) ENGINE = Memory",
    "SET max_memory_usage = 0",
    "SHOW TABLES",
    "DESCRIBE spans",
    "EXPLAIN SELECT 1",
    "SYSTEM SHUTDOWN",
    "KILL QUERY WHERE 1",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE span_rows",
    "SELECT * FROM span_rows",
    "SELECT * FROM trace_index",
    "SELECT * FROM default.span_rows",
    "SELECT * FROM system.tables",
    "SELECT * FROM system.settings AS spans",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM url('http://127.0.0.1/', CSV, 'a String')",
    "SELECT * FROM file('/etc/passwd', LineAsString)",
    "SELECT * FROM s3('x')",
    "SELECT * FROM remote('127.0.0.1', default.span_rows)",
    "SELECT * FROM executable('id', TSV, 'a String')",
    "SELECT * FROM numbers(10)",
    "SELECT * FROM merge('default', '.*')",
    "SELECT * FROM mysql('h', 'd', 't', 'u', 'p')",
    "SELECT * FROM spans, cluster('x', default.span_rows)",
    "SELECT * FROM (SELECT * FROM span_rows)",
    "SELECT (SELECT count() FROM score_rows)",
    "SELECT 1 FROM spans WHERE trace_id IN (SELECT trace_id FROM span_rows)",
    "SELECT 1 WHERE 'a' IN span_rows",
    "SELECT 1 WHERE 'a' IN (span_rows)",
    "SELECT 1 WHERE 'a' NOT IN system.users",
    "SELECT 1 FROM spans WHERE EXISTS (SELECT 1 FROM span_rows)",
    "WITH span_rows AS (SELECT 1) SELECT * FROM (WITH x AS (SELECT 1) SELECT * FROM system.one), span_rows",
    "WITH spans AS (SELECT 1) SELECT * FROM spans",
    "WITH 1 AS span_rows SELECT * FROM span_rows",
    "WITH RECURSIVE r AS (SELECT 1 UNION ALL SELECT * FROM r) SELECT * FROM r",
    "SELECT file('/etc/passwd')",
    "SELECT sleep(3)",
    "SELECT sleepEachRow(3) FROM spans",
    "SELECT dictGet('d', 'a', 1)",
    "SELECT joinGet('span_rows', 'a', 1)",
    "SELECT getSetting('max_threads')",
    "SELECT hostName()",
    "SELECT currentUser()",
    "SELECT getServerPort('tcp_port')",
    "SELECT throwIf(1)",
    "SELECT randomString(100000000)",
    "SELECT hasColumnInTable('default', 'span_rows', 'a')",
    "SELECT addressToLine(1)",
    "SELECT in(1, span_rows)",
    "SELECT notIn('a', span_rows)",
    "SELECT `sleep`(3)",
    "SELECT \"file\"('/etc/passwd')",
    "SELECT 1 SETTINGS max_execution_time = 0",
    "SELECT 1 FROM spans FORMAT Native",
    "SELECT 1 INTO OUTFILE '/tmp/x'",
    "SELECT * FROM spans FINAL",
    "SELECT * FROM spans SAMPLE 0.1",
    "SELECT 1 FROM spans PREWHERE 1",
    "SELECT {p0:String}",
    "SELECT ?",
    "SELECT @@version",
    "SELECT COLUMNS('.*') FROM spans",
    "SELECT * APPLY(sum) FROM spans",
    "SELECT * REPLACE (file('x') AS name) FROM spans",
    "SELECT count() FROM spans /* */ UNION ALL SELECT count() FROM span_rows",
    "SELECT a FROM nowhere",
    "SELECT FROM WHERE",
    "(((",
    "",
    "-- nothing",
    "SELECT '" + "x" * 60_000 + "'",
]


@pytest.mark.parametrize("text", NASTY)
def test_anything_but_one_select_over_the_views_is_refused(text: str) -> None:
    with pytest.raises(QueryRefused):
        check_sql(text, VIEWS)


GOOD = [
    "SELECT * FROM traces",
    "select name, sum(cost) c from spans where kind = 'LLM' group by name having c > 1 order by c desc limit 10",
    "WITH x AS (SELECT * FROM spans) SELECT count() FROM x JOIN scores USING (trace_id)",
    "SELECT quantile(0.95)(latency_ms), sumIf(cost, status = 'OK'), uniqExact(trace_id) FROM spans",
    "SELECT toStartOfHour(start_time) AS h, count() FROM spans GROUP BY h ORDER BY h",
    "SELECT JSONExtractString(attributes, 'a.b') FROM spans",
    "SELECT row_number() OVER (PARTITION BY name ORDER BY start_time) FROM spans",
    "SELECT CASE WHEN cost > 1 THEN 'a' ELSE 'b' END, cast(cost AS String), tags[1], arrayJoin(tags) FROM spans",
    "SELECT * EXCEPT (input, output) FROM spans WHERE start_time > now() - INTERVAL 1 DAY AND name ILIKE '%x%'",
    "SELECT 1 UNION ALL SELECT count() FROM items",
    "SELECT s.name FROM spans AS s LEFT JOIN scores AS q ON s.span_id = q.span_id WHERE s.name IN ('a', 'b')",
]


@pytest.mark.parametrize("text", GOOD)
def test_ordinary_questions_pass(text: str) -> None:
    assert check_sql(text, VIEWS).body.upper().startswith("SELECT")


def test_function_arguments_are_kept_as_written() -> None:
    assert (
        "JSONExtractString(attributes, 'a.b')"
        in check_sql("SELECT JSONExtractString(attributes, 'a.b') FROM spans", VIEWS).body
    )


def test_a_name_of_the_query_never_means_a_table_outside_its_scope() -> None:
    checked = check_sql("SELECT * FROM (WITH span_rows AS (SELECT 1) SELECT 1), span_rows", VIEWS)
    assert "with_span_rows" in checked.body
    assert "FROM span_rows" not in checked.body
    assert ", span_rows" not in checked.body.replace('"with_span_rows" AS "span_rows"', "")


def test_views_in_use_are_reported_once() -> None:
    checked = check_sql("SELECT * FROM spans JOIN scores USING (trace_id) JOIN spans AS b USING (trace_id)", VIEWS)
    assert checked.views == ["scores", "spans"]
