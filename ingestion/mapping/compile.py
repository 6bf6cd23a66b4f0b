"""A recipe as DuckDB SQL: what it says stands in it as checked, quoted literals only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from ingestion.mapping.recipe import KINDS, Place, Recipe, Rule, constant_of
from ingestion.shape import identifier, quoted
from ingestion.sources import Source

DIVISOR = {"seconds": 1, "milliseconds": 1_000, "microseconds": 1_000_000, "percent": 100}
UNIQUE_BY_RECIPE = ("event_id", "playback_id")
"""Ids that mean something in their own log only: they begin with the recipe's name."""
CLOCK = r"(\d{1,3}:)?\d{1,2}:\d{2}([.,]\d+)?"
WITHOUT_ZONE = r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?"
ISO = "%Y-%m-%dT%H:%M:%S.%fZ"


def source_of(recipe: Recipe, mapped: Source) -> Source:
    """The source `mapped` as this recipe shapes it."""
    compiled = Compiled(recipe)
    return replace(
        mapped,
        recipe=recipe.name,
        shape_version=recipe.shape_version,
        line_steps=tuple(compiled.steps()),
        line_sql=compiled.record(),
        ignored_sql="coalesce(told_ignored, false)",
    )


@dataclass(frozen=True)
class Compiled:
    """The SQL pieces of one recipe, over these columns:

    told: the line, where it is JSON. told_values, told_texts: JSON and text at the recipe's paths. told_ignored: it carries no record.
    told_keys, told_inner: the keys of the line, and of the objects that paths lead through. told_rest: what no field takes as it is.
    told_again: whether the line gives a key twice, which is looked at only where more keys went than values were taken (half of all time).
    """

    recipe: Recipe

    def steps(self) -> list[tuple[str, str]]:
        """Names and expressions of the columns above, each made of the ones before."""
        steps = [
            ("told", "case when json_valid(line) then line else 'null' end"),
            ("told_keys", "json_keys(told)"),
        ]
        for name, function, places in (
            ("told_values", "json_extract", self.recipe.paths),
            ("told_texts", "json_extract_string", self.texts),
        ):
            if places:
                steps.append((name, f"cast({function}(told, {pointers(places)}) as varchar[])"))
        if self.parents:
            steps.append(("told_inner", f"json_keys(told, {pointers(self.parents)})"))
        prefixes = [f"starts_with(ltrim(line), {quoted(prefix)})" for prefix in self.recipe.ignore.prefixes]
        conditions = [self._holds(self.recipe.ignore.asked)] if self.recipe.ignore.asked else []
        steps.append(("told_ignored", " or ".join([*prefixes, *conditions]) or "false"))
        steps += [(self._step_of(field), self._filled(field)) for field in self.recipe.fields if self.is_chosen(field)]
        return [*steps, ("told_less", self._less()), *self._proof()]

    def record(self) -> str:
        """The record's JSON text; the line itself where it is no record, nothing where it is to be ignored."""
        members = [quoted(f'"recipe":{json.dumps(self.recipe.name)}')]
        members += [f"'{json.dumps(field)}:' || {self._value(field)}" for field in self.recipe.fields]
        members.append("""case when told_rest <> '{}' then '"properties":' || told_rest end""")
        made = f"'{{' || concat_ws(',', {', '.join(members)}) || '}}'"
        return f"case when told_ignored then '' when told_again or coalesce(len(told_keys), 0) = 0 then line else {made} end"

    @cached_property
    def texts(self) -> list[Place]:
        """The paths that are read as text."""
        rules = [(field, rule) for field, rules in self.recipe.fields.items() for rule in rules]
        read = [
            path
            for field, rule in rules
            if self.is_translated(field, rule) or rule.join or field in UNIQUE_BY_RECIPE
            for path in rule.origins
        ]
        asked = [path for _, rule in rules for path, _ in rule.asked] + [path for path, _ in self.recipe.ignore.asked]
        return list(dict.fromkeys(read + asked))

    @cached_property
    def parents(self) -> list[Place]:
        """The objects that consumed paths lead through."""
        return list(dict.fromkeys(Place(path.keys[:depth]) for path in self.consumed for depth in range(1, len(path.keys))))

    @cached_property
    def consumed(self) -> dict[Place, str]:
        """Paths whose value a field takes as it is told, with the condition under which it does; they need not be kept again."""
        consumed: dict[Place, list[str]] = {}
        for field, rules in self.recipe.fields.items():
            for rule in rules:
                if self.is_translated(field, rule):
                    continue
                taken = "true"
                if self.is_chosen(field):
                    taken = f"{self._value(field)} = {self._rule(field, rule)}"
                for path in rule.origins:
                    consumed.setdefault(path, []).append(taken)
        return {path: "true" if "true" in taken else " or ".join(taken) for path, taken in consumed.items()}

    def is_chosen(self, field: str) -> bool:
        """Whether it depends on the record which rule fills the field."""
        rules = self.recipe.fields[field]
        return len(rules) > 1 or bool(rules[0].asked)

    def _step_of(self, field: str) -> str:
        return f"told_{field}"

    def _value(self, field: str) -> str:
        """The field's value as JSON text, null where there is none."""
        return identifier(self._step_of(field)) if self.is_chosen(field) else self._filled(field)

    def _filled(self, field: str) -> str:
        rules = [self._rule(field, rule) for rule in self.recipe.fields[field]]
        return rules[0] if len(rules) == 1 else f"coalesce({', '.join(rules)})"

    def _rule(self, field: str, rule: Rule) -> str:
        """What one rule gives, as JSON text."""
        given = self._translated(field, rule)
        holds = [self._holds(rule.conditions)] if rule.conditions else []
        holds += [f"not {self._holds([exception])}" for exception in rule.exceptions]
        return f"case when {' and '.join(holds)} then {given} end" if holds else given

    def _holds(self, conditions: list[tuple[Place, list[str]]]) -> str:
        each = [
            f"trim({self._text(path)}) in ({', '.join(quoted(word.strip()) for word in words)})" for path, words in conditions
        ]
        return f"coalesce({' and '.join(each)}, false)"

    def _text(self, path: Place) -> str:
        return f"told_texts[{self.texts.index(path) + 1}]"

    def _raw(self, path: Place) -> str:
        return f"nullif(told_values[{self.recipe.paths.index(path) + 1}], 'null')"

    def is_translated(self, field: str, rule: Rule) -> bool:
        """Whether a rule makes something else of what it finds."""
        is_local = KINDS[field] == "time" and self._time_zone(rule) != "UTC"
        return bool(rule.origins) and (bool(rule.translations) or is_local or self._needs_number_text(field))

    def _needs_number_text(self, field: str) -> bool:
        return self.recipe.decimal == "," and KINDS[field] in ("number", "decimal")

    def _time_zone(self, rule: Rule) -> str:
        return rule.zone or self.recipe.zone

    def _translated(self, field: str, rule: Rule) -> str:
        """The rule's value as JSON text; what cannot be translated passes as it was told."""
        kind = KINDS[field]
        if rule.constant is not None:
            return quoted(constant_of(kind, rule.constant) or "null")
        if rule.source:
            raw = self._raw(rule.source)
            text = f"trim({self._text(rule.source)})" if rule.source in self.texts else ""
        else:
            joined = ", ".join(self._text(path) for path in rule.join or ())
            text = f"nullif(concat_ws({quoted(rule.between_joined)}, {joined}), '')"
            raw = f"cast(to_json({text}) as varchar)"
        if field in UNIQUE_BY_RECIPE:
            prefix = quoted(f"{self.recipe.name}:")
            return (
                f"case when {raw}[1] in ('{{', '[') then {raw} else cast(to_json({prefix} || nullif({text}, '')) as varchar) end"
            )
        if rule.values:
            pairs = " ".join(
                f"when {quoted(word.strip())} then {quoted(constant_of(kind, value) or 'null')}"
                for word, value in rule.values.items()
            )
            return f"case {text} {pairs} else {raw} end"
        if rule.each is not None:
            return each_of(raw, rule.each)
        if rule.split is not None:
            return self._split(text, raw, rule)
        if kind == "time" and (rule.format or self._time_zone(rule) != "UTC"):
            return self._moment(text, raw, rule)
        if rule.unit or self._needs_number_text(field):
            return self._number(field, text, raw, rule)
        return from_milliseconds(raw) if kind == "time" else raw

    def _number(self, field: str, text: str, raw: str, rule: Rule) -> str:
        said = f"replace({text}, ',', '.')" if self.recipe.decimal == "," else text
        if rule.unit == "clock":
            quick = f"case when {text}[3] = ':' and {text}[6] = ':' then epoch(try_cast({text} as time)) end"
            careful = f"case when regexp_full_match({text}, {quoted(CLOCK)}) then {clock_seconds(text)} end"
            return f"coalesce(cast(coalesce({quick}, {careful}) as varchar), {raw})"
        if rule.unit == "percent":
            said = f"rtrim({said}, ' %')"
        if KINDS[field] == "decimal":
            return f"case when isfinite(try_cast({said} as double)) then to_json({said})::varchar else {raw} end"
        factor = "* 60" if rule.unit == "minutes" else f"/ {DIVISOR[rule.unit or 'seconds']}"
        number = f"try_cast({said} as double)"
        return f"case when isfinite({number}) then ({number} {factor})::varchar else {raw} end"

    def _moment(self, text: str, raw: str, rule: Rule) -> str:
        formats = rule.format or []
        offset = [each for each in formats if "%z" in each]
        local = [each for each in formats if "%z" not in each]
        zone = quoted(self._time_zone(rule))
        read = []
        if offset:
            read.append(f"try_strptime({text}, [{', '.join(map(quoted, offset))}]) at time zone 'UTC'")
        if local:
            read.append(f"timezone({zone}, try_strptime({text}, [{', '.join(map(quoted, local))}])) at time zone 'UTC'")
        if self._time_zone(rule) != "UTC":
            plain = f"case when regexp_full_match({text}, {quoted(WITHOUT_ZONE)}) then try_cast({text} as timestamp) end"
            read.append(f"timezone({zone}, {plain}) at time zone 'UTC'")
        return f"coalesce('\"' || strftime(coalesce({', '.join(read)}), {quoted(ISO)}) || '\"', {raw})"

    def _split(self, text: str, raw: str, rule: Rule) -> str:
        parts = f"list_filter(string_split({text}, {quoted(rule.split or '')}), lambda part: trim(part) <> '')"
        if rule.between is None:
            made = f"to_json(list_transform({parts}, lambda part: trim(part)))::varchar"
        else:
            part = "replace(part, ',', '.')" if self.recipe.decimal == "," else "part"
            pair = f"'[' || replace({part}, {quoted(rule.between)}, ',') || ']'"
            made = f"'[' || array_to_string(list_transform({parts}, lambda part: {pair}), ',') || ']'"
            made = f"case when json_valid({made}) then {made} else {raw} end"
        return f"case when {raw}[1] = '[' then {raw} when {text} is not null then {made} end"

    def _proof(self) -> list[tuple[str, str]]:
        """Steps that make sure that nothing was taken away but what fields hold.

        Where a key is given twice inside an object, all that was told is kept beside what fields took of it.
        """
        if not self.consumed:
            return [("told_again", "len(list_distinct(told_keys)) < len(told_keys)"), ("told_rest", "told")]
        taken = " + ".join(
            f"({self._raw(path)} is not null)::int" if when == "true" else f"coalesce({when}, false)::int"
            for path, when in self.consumed.items()
        )
        before, after, is_inner_again = "len(told_keys)", "len(json_keys(told_less))", "false"
        if self.parents:
            before += "".join(f" + coalesce(len(told_inner[{place}]), 0)" for place in range(1, len(self.parents) + 1))
            after += "".join(f" + coalesce(len(left_inner[{place}]), 0)" for place in range(1, len(self.parents) + 1))
            is_inner_again = "len(list_filter(told_inner, lambda keys: len(list_distinct(keys)) < len(keys))) > 0"
        return [
            *([("left_inner", f"json_keys(told_less, {pointers(self.parents)})")] if self.parents else []),
            ("told_is_whole", f"coalesce({before} = {after} + {taken}, false)"),
            (
                "told_again",
                "case when told_is_whole then false else coalesce(len(list_distinct(told_keys)) < len(told_keys), false) end",
            ),
            ("told_rest", f"case when told_is_whole then told_less when {is_inner_again} then told else told_less end"),
        ]

    def _less(self) -> str:
        """The line without what fields take as it is told."""
        tree: dict[str, object] = {}
        for path, taken in self.consumed.items():
            node = tree
            for key in path.keys[:-1]:
                below = node.setdefault(key, {})
                if not isinstance(below, dict):
                    break
                node = below
            else:
                node[path.keys[-1]] = taken
        return f"json_merge_patch(told, {self._removal(tree, ())})" if tree else "told"

    def _removal(self, tree: dict[str, object], above: tuple[str, ...]) -> str:
        """The text of a merge patch that removes the tree's leaves; through what is no object it removes nothing."""
        members = []
        for key, below in tree.items():
            name = json.dumps(key, ensure_ascii=False)
            if isinstance(below, dict):
                keys = f"told_inner[{self.parents.index(Place((*above, key))) + 1}]"
                inner = self._removal(below, (*above, key))
                members.append(f"case when len({keys}) > 0 then {quoted(name + ':')} || {inner} end")
            elif below == "true":
                members.append(quoted(name + ":null"))
            else:
                members.append(f"case when {below} then {quoted(name + ':null')} end")
        return f"'{{' || concat_ws(',', {', '.join(members)}) || '}}'"


def from_milliseconds(raw: str) -> str:
    """Epoch milliseconds as ISO 8601; anything else as it was told. The general reading of numbers takes ten times as long (2026-11)."""
    number = f"try_cast({raw} as bigint)"
    is_one = f"strlen({raw}) = 13 and {number} >= 1000000000000"
    return f"case when {is_one} then '\"' || strftime(make_timestamp({number} * 1000), {quoted(ISO)}) || '\"' else {raw} end"


def pointers(places: Sequence[Place]) -> str:
    """Paths as an SQL list of JSON pointers."""
    return "[" + ", ".join(quoted(place.pointer) for place in places) + "]"


def each_of(raw: str, key: str) -> str:
    """One member of each object of a list, as a list; a list of anything else, as it was told."""
    schema = quoted(json.dumps([{key: "VARCHAR"}], ensure_ascii=False))
    members = f"list_transform(json_transform({raw}, {schema}), lambda item: item.{identifier(key)})"
    return f"case when list_distinct(json_type({raw}, '$[*]')) = ['OBJECT'] then to_json({members})::varchar else {raw} end"


def clock_seconds(text: str) -> str:
    """Seconds of a text such as 1:02:03.5 or 02:03.5."""
    parts = f"string_split(replace({text}, ',', '.'), ':')"
    hours = f"case when len({parts}) = 3 then 3600 * {parts}[1]::double else 0 end"
    return f"{hours} + 60 * {parts}[-2]::double + {parts}[-1]::double"
