"""What is asked of the events that a check has staged."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from ingestion.manifest import Manifest
from ingestion.mapping.recipe import Recipe
from ingestion.mapping.shelf import Shelf, recipe_name
from ingestion.shape import quoted
from ingestion.sources import registered
from ingestion.sources.native import SOURCE as NATIVE
from orchestration.check.findings import Filling, Findings, KeptKey, Note, Refusal, Span, Word

STATED = "coalesce(original_event_type, event_type)"
FIELDS = [field.name for field in NATIVE.fields if field.name not in ("workspace_id", "properties", "event_id")]
MOST_KEYS = 20


def group_of(path: str) -> str:
    """The source of a landed file, with its recipe where it has one."""
    source = path.partition("/")[0]
    known = registered().get(source)
    return f"{source}/{recipe_name(path)}" if known and known.has_recipes else source


def ask(warehouse: Path, loads: Sequence[Manifest], shelf: Shelf, findings: Findings) -> None:
    """Fill `findings` with what the built models of `warehouse` say of these loads."""
    recipes = {group_of(load.path): shelf.recipe(recipe_name(load.path) or "") for load in loads if "/" in group_of(load.path)}
    with duckdb.connect(str(warehouse), read_only=True) as con:
        con.execute("set TimeZone = 'UTC'").fetchall()
        con.execute("create temp table groups (load_id varchar, source varchar, name varchar)").fetchall()
        con.executemany(
            "insert into groups values (?, ?, ?)", [[load.load_id, load.source, group_of(load.path)] for load in loads]
        )
        con.execute(
            f"""create temp table staged as
            select name, rejection_reason, event_type, event_key, event_id, {told_sql(recipes)} as told,
                event_type = 'other' and original_event_type is not null as is_unmapped, occurred_at, user_id, device_id,
                playback_id, video_id, extra, case when source in ({known_sources()}) then properties end as properties,
                {", ".join(f"{name} is not null as has_{name}" for name in FIELDS)}
            from events.events_staged inner join groups using (load_id, source)"""
        ).fetchall()
        findings.refusals += refusals(con)
        vocabulary = [word for (word,) in con.execute("select event_type from reference.event_types order by 1").fetchall()]
        findings.words += words(con, vocabulary, recipes)
        findings.fields += fillings(con)
        findings.kept += kept_keys(con, recipes)
        findings.spans += spans(con)
    findings.notes += unspoken(findings.words, recipes)


def known_sources() -> str:
    """The names of the sources that have recipes, as an SQL list."""
    return ", ".join(quoted(name) for name, source in registered().items() if source.has_recipes)


def told_sql(recipes: Mapping[str, Recipe]) -> str:
    """What a staged event's own record calls what happened."""
    names = {source.name: source.event_name for source in registered().values() if source.event_name}
    cases = [f"when source = {quoted(source)} then coalesce(nullif({told}, ''), {STATED})" for source, told in names.items()]
    for group, recipe in recipes.items():
        rules = [rule for rule in recipe.fields["event_type"] if rule.translations]
        said = [
            f"nullif(concat_ws({quoted(rule.between_joined)}, {', '.join(in_properties(path.pointer) for path in rule.origins)}), '')"
            for rule in rules
        ]
        if said:
            cases.append(f"when name = {quoted(group)} then coalesce({', '.join(said)}, {STATED})")
    return f"case {' '.join(cases)} else {STATED} end"


def in_properties(pointer: str) -> str:
    """The text at a JSON pointer of a mapped record's properties: what was translated is kept there as it was told."""
    return f"json_extract_string(properties, {quoted(pointer)})"


def refusals(con: duckdb.DuckDBPyConnection) -> list[Refusal]:
    """What ingestion could not read and the models could not use, most frequent first, each with an example and the remedy."""
    rows = con.execute(
        """select coalesce(name, rejected.source), rejected_by, reason, count(*), arg_min(rejected.path || ':' || line_number, line_number),
            arg_min(detail, line_number)
        from quality.rejected_event as rejected left join groups using (load_id)
        group by all order by 1, 4 desc, 3"""
    ).fetchall()
    return [Refusal(*row) for row in rows]


def words(con: duckdb.DuckDBPyConnection, vocabulary: Sequence[str], recipes: Mapping[str, Recipe]) -> list[Word]:
    """What happened in the records' own words, and what the vocabulary calls it."""
    rows = con.execute(
        """select name, told, event_type, count(*), bool_or(is_unmapped) from staged
        where rejection_reason is null group by name, told, event_type order by name, 4 desc, told"""
    ).fetchall()
    return [
        Word(group, told, event_type, records, advice(group, told, vocabulary, recipes) if is_unmapped else "")
        for group, told, event_type, records, is_unmapped in rows
    ]


def advice(group: str, told: str, vocabulary: Sequence[str], recipes: Mapping[str, Recipe]) -> str:
    """What to do with a word that the vocabulary does not know."""
    close = difflib.get_close_matches(told.lower(), vocabulary, 1)
    word = close[0] if close else "<word>"
    if group in recipes:
        return f"add `{told}: {word}` to the values of event_type in {recipes[group].name}.yml"
    if group == "native":
        return f"send {word if close else 'a word of docs/events.md'} instead"
    return f"a row in dbt_project/seeds/{group}_*.csv gives it a word"


def fillings(con: duckdb.DuckDBPyConnection) -> list[Filling]:
    """How many records fill each field, in the envelope's order."""
    counts = ", ".join(f"count(*) filter (where has_{name})" for name in FIELDS)
    rows = con.execute(f"select name, count(*), {counts} from staged group by name order by name").fetchall()
    return [
        Filling(group, name, filled, filled / records)
        for group, records, *of_group in rows
        for name, filled in zip(FIELDS, of_group, strict=True)
    ]


def kept_keys(con: duckdb.DuckDBPyConnection, recipes: Mapping[str, Recipe]) -> list[KeptKey]:
    """Keys that no field takes and values that do not fit, most frequent first."""
    rows: list[tuple[Any, ...]] = con.execute(
        """select name, place, key, count(*) from (
            select name, 'extra' as place, unnest(json_keys(extra)) as key from staged where extra is not null
            union all
            select name, 'properties', unnest(json_keys(properties)) from staged where properties is not null
        ) group by all order by name, place, 4 desc, key"""
    ).fetchall()
    translated = {group: {path.keys[0] for path in recipe.paths} for group, recipe in recipes.items()}
    return [KeptKey(*row) for row in rows if row[1] == "extra" or row[2] not in translated.get(row[0], ())]


def spans(con: duckdb.DuckDBPyConnection) -> list[Span]:
    """When, who and what the records are about."""
    rows = con.execute(
        """select name, count(*), coalesce(strftime(min(occurred_at), '%Y-%m-%dT%H:%M:%SZ'), ''),
            coalesce(strftime(max(occurred_at), '%Y-%m-%dT%H:%M:%SZ'), ''),
            count(distinct coalesce(user_id, device_id, playback_id)), count(distinct video_id),
            count(*) filter (where rejection_reason is null)
                - count(distinct event_key) filter (where rejection_reason is null)
        from staged group by name order by name"""
    ).fetchall()
    return [Span(*row) for row in rows]


def unspoken(said: Sequence[Word], recipes: Mapping[str, Recipe]) -> list[Note]:
    """A note for every word of a recipe's event types that no record has."""
    told = {(word.group, word.told.strip()) for word in said}
    return [
        Note(
            f"{recipe.name}.yml",
            f"No record says {word!r}, which means {meant}: check its spelling, or leave it for records to come.",
        )
        for group, recipe in sorted(recipes.items())
        for rule in recipe.fields["event_type"]
        for word, meant in (rule.values or {}).items()
        if (group, word.strip()) not in told
    ]
