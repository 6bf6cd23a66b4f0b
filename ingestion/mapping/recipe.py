"""What a recipe says, checked: where each envelope field comes from, and how what stands there is read."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from ingestion.mapping.engine import check_format, check_zone
from ingestion.mapping.reading import read_yaml
from ingestion.sources.base import Kind
from ingestion.sources.native import SOURCE as NATIVE

COMPILER_VERSION = 1
"""Raised whenever the same recipe would make other rows of the same bytes."""

KINDS: dict[str, Kind] = {field.name: field.kind for field in NATIVE.fields if field.kind != "object"}
"""The envelope's fields that a recipe may fill; what no field takes is in `properties` by itself."""
PEOPLE = ("user_id", "device_id", "playback_id")
TIMES = ("occurred_at", "received_at")
NUMBERS: tuple[Kind, ...] = ("number", "integer", "decimal")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")

Unit = Literal["seconds", "milliseconds", "microseconds", "minutes", "clock", "percent"]
TRANSLATIONS = ("values", "unit", "format", "split", "each")


class RecipeError(ValueError):
    """A recipe that cannot be used: each line names the file, the field, what was found and the remedy."""


class Place(NamedTuple):
    """Keys from the record's top to a value."""

    keys: tuple[str, ...]

    @property
    def pointer(self) -> str:
        """The same as JSON pointer (RFC 6901)."""
        return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in self.keys)

    @property
    def text(self) -> str:
        """The same as recipes write it."""
        return ".".join(key.replace(".", "\\.") for key in self.keys)


def parse_path(said: Any) -> Place:
    """The path written as `a.b.c`; a dot that belongs to a key is written `\\.`."""
    if isinstance(said, Place):
        return said
    if not isinstance(said, str) or not said:
        raise ValueError("a path is a column's name, or keys with dots between them such as user.id")
    keys = tuple(part.replace("\\.", ".") for part in re.split(r"(?<!\\)\.", said))
    if "" in keys:
        raise ValueError("a path has a key between all its dots; a dot that belongs to a key is written \\.")
    return Place(keys)


def as_list(said: Any) -> Any:
    """One thing as a list of it."""
    return [word(each) for each in said] if isinstance(said, list) else [word(said)]


def word(said: Any) -> Any:
    """A flag as the word that it is in a log."""
    return str(said).lower() if isinstance(said, bool) else said


RecordPath = Annotated[Place, BeforeValidator(parse_path)]
Words = Annotated[list[str], BeforeValidator(as_list), Field(min_length=1)]


class Strict(BaseModel):
    """A part of a recipe; keys that do not exist are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Rule(Strict):
    """One way to fill a field: `from` a path, `join` of several, or a `constant`; at most one of the translations."""

    source: RecordPath | None = Field(default=None, alias="from")
    join: Annotated[list[RecordPath], Field(min_length=2)] | None = None
    between_joined: str = Field(default=" ", alias="with")
    constant: str | bool | None = None
    when: dict[str, Words] | None = None
    unless: dict[str, Words] | None = None
    values: Annotated[dict[str, str | bool], Field(min_length=1)] | None = None
    unit: Unit | None = None
    format: Words | None = None
    zone: str | None = None
    split: Annotated[str, Field(min_length=1)] | None = None
    between: Annotated[str, Field(min_length=1)] | None = None
    each: Annotated[str, Field(min_length=1)] | None = None

    @model_validator(mode="before")
    @classmethod
    def short(cls, said: Any) -> Any:
        """A path alone is short for `{from: <path>}`."""
        if not isinstance(said, dict):
            return {"from": said}
        if isinstance(said.get("values"), dict):
            return {**said, "values": {word(told): meant for told, meant in said["values"].items()}}
        return said

    @field_validator("when", "unless")
    @classmethod
    def paths_of_when(cls, said: dict[str, list[str]] | None) -> dict[str, list[str]] | None:
        """The keys of `when` are paths."""
        for path in said or {}:
            parse_path(path)
        return said

    @field_validator("zone")
    @classmethod
    def known_zone(cls, said: str | None) -> str | None:
        """A zone of the IANA list."""
        return said if said is None else check_zone(said)

    @field_validator("format")
    @classmethod
    def known_format(cls, said: list[str] | None) -> list[str] | None:
        """Formats that the engine can read."""
        return said if said is None else [check_format(each) for each in said]

    @model_validator(mode="after")
    def one_origin(self) -> Rule:
        """Exactly one origin, and no two translations."""
        given = [
            name for name, value in (("from", self.source), ("join", self.join), ("constant", self.constant)) if value is not None
        ]
        if len(given) != 1:
            raise ValueError(f"found {' and '.join(given) or 'none of them'}; give one of from, join and constant")
        if len(self.translations) > 1:
            raise ValueError(f"found {' and '.join(self.translations)}; give one of them")
        if self.constant is not None and self.translations:
            raise ValueError(f"a constant is written as it is meant; leave {self.translations[0]} out")
        if self.between is not None and self.split is None:
            raise ValueError("found between without split; say first at what the ranges are split")
        return self

    @property
    def translations(self) -> list[str]:
        """The names of the translations given."""
        return [name for name in TRANSLATIONS if getattr(self, name) is not None]

    @property
    def conditions(self) -> list[tuple[Place, list[str]]]:
        """The paths of `when`, with the words that each may hold."""
        return [(parse_path(path), words) for path, words in (self.when or {}).items()]

    @property
    def exceptions(self) -> list[tuple[Place, list[str]]]:
        """The paths of `unless`, with the words that none of them may hold."""
        return [(parse_path(path), words) for path, words in (self.unless or {}).items()]

    @property
    def asked(self) -> list[tuple[Place, list[str]]]:
        """Those of `when` and `unless`."""
        return self.conditions + self.exceptions

    @property
    def origins(self) -> list[Place]:
        """The paths that the value is made of."""
        return [self.source] if self.source else list(self.join or ())

    @property
    def paths(self) -> list[Place]:
        """All paths that the rule reads."""
        return self.origins + [path for path, _ in self.asked]


class Ignored(Strict):
    """Lines that carry no record: those that begin with one of `prefixes`, those of which `when` holds."""

    prefixes: Annotated[list[Annotated[str, Field(min_length=1)]], BeforeValidator(as_list)] = []
    when: dict[str, Words] | None = None

    @field_validator("when")
    @classmethod
    def paths_of_when(cls, said: dict[str, list[str]] | None) -> dict[str, list[str]] | None:
        """The keys of `when` are paths."""
        return Rule.paths_of_when(said)

    @property
    def asked(self) -> list[tuple[Place, list[str]]]:
        """The paths of `when`, with the words that each may hold."""
        return [(parse_path(path), words) for path, words in (self.when or {}).items()]


class Recipe(Strict):
    """How the files of one folder below `LANDING/mapped/` become records of the envelope.

    fields: by envelope field the rules that fill it; the first that gives a value does. zone: of times that name none.
    decimal: the mark between whole and fraction in numbers. name: the recipe's file, and the folder it is for.
    """

    name: str
    description: str = ""
    zone: str = "UTC"
    decimal: Literal[".", ","] = "."
    ignore: Ignored = Ignored()
    fields: dict[str, Annotated[list[Rule], BeforeValidator(as_list), Field(min_length=1)]]

    @field_validator("zone")
    @classmethod
    def known_zone(cls, said: str) -> str:
        """A zone of the IANA list."""
        return check_zone(said)

    @field_validator("fields", mode="before")
    @classmethod
    def envelope_fields(cls, said: Any) -> Any:
        """Only fields of the envelope, and those without which no record becomes an event."""
        if not isinstance(said, dict):
            raise ValueError("give a mapping of envelope fields (docs/events.md) to the columns or paths they come from")
        for name in said:
            if name in ("properties", "extra"):
                raise ValueError(f"{name} is filled by itself, with all that no field takes; leave it out")
            if name not in KINDS:
                raise ValueError(f"the envelope has no field {name!r}{nearest(name, KINDS)} (docs/events.md lists them)")
        for some, why in ((("event_type",), "what happened"), (TIMES, "when"), (PEOPLE, "who it was")):
            if not set(some) & set(said):
                raise ValueError(f"nothing says {why}; map {' or '.join(some)}, or no record becomes an event")
        return said

    @model_validator(mode="after")
    def fitting(self) -> Recipe:
        """Translations only where they make sense."""
        for name, rules in self.fields.items():
            for rule in rules:
                if problem := misfit(name, rule):
                    raise ValueError(f"fields.{name}: {problem}")
        return self

    @property
    def paths(self) -> list[Place]:
        """All paths that the recipe reads, each once, in its own order."""
        of_rules = [path for rules in self.fields.values() for rule in rules for path in rule.paths]
        return list(dict.fromkeys([*of_rules, *(path for path, _ in self.ignore.asked)]))

    @property
    def shape_version(self) -> int:
        """A number of 48 bits that is another one for every recipe that makes other rows; the description makes none."""
        said = self.model_dump(mode="json", by_alias=True, exclude={"description"})
        canonical = json.dumps([COMPILER_VERSION, said], ensure_ascii=False, sort_keys=True)
        return 1 + int(hashlib.sha256(canonical.encode()).hexdigest()[:12], 16)


def misfit(name: str, rule: Rule) -> str | None:
    """Why a rule cannot fill the field, and what to do; None where it can."""
    kind = KINDS[name]
    if rule.unit and kind not in ("number", "integer"):
        return f"unit is for numbers, and this field is {kind}; leave it out"
    if (rule.format or rule.zone) and kind != "time":
        return f"format and zone are for times, and this field is {kind}; leave them out"
    if (rule.split or rule.each) and kind not in ("strings", "ranges"):
        return f"split and each are for lists, and this field is {kind}; leave them out"
    if (rule.between and kind != "ranges") or (kind == "ranges" and rule.split and not rule.between):
        return "played_ranges is split with split between ranges and between inside one; both are for it alone"
    if rule.values and (name in PEOPLE or kind in ("time", "strings", "ranges")):
        return "values is for words, numbers and flags; ids of people, times and lists are taken as they are told"
    for value in [*(rule.values or {}).values(), *([] if rule.constant is None else [rule.constant])]:
        if constant_of(kind, value) is None:
            return f"{value!r} is no {kind}; write one"
    return None


def constant_of(kind: Kind, value: str | bool) -> str | None:
    """A value written in a recipe as JSON text for a field of this kind; None where it is none."""
    if kind in NUMBERS:
        is_number = not isinstance(value, bool) and re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?", value)
        return str(value) if is_number else None
    if kind == "flag":
        return json.dumps(value) if isinstance(value, bool) else None
    if kind in ("text", "time"):
        return json.dumps(str(value).lower() if isinstance(value, bool) else value, ensure_ascii=False)
    return json.dumps([value], ensure_ascii=False) if kind == "strings" and isinstance(value, str) else None


def nearest(word: object, known: Any) -> str:
    """A question after the known word that is nearest, where one is near."""
    close = difflib.get_close_matches(str(word), list(known), 1)
    return f"; did you mean {close[0]}?" if close else ""


def read_recipe(path: Path) -> Recipe:
    """The recipe in the file at `path`, which it is named after.

    Raises RecipeError with one line for every mistake.
    """
    if not NAME.fullmatch(path.stem):
        raise RecipeError(
            f"{path.name}: a recipe's name has letters, digits, - and _ only, 64 at most. Rename the file and its folder."
        )
    try:
        said = read_yaml(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path.name}: not readable as YAML: {' '.join(str(error).split())}") from error
    if not isinstance(said, dict):
        raise RecipeError(f"{path.name}: found no mapping; begin with `fields:` (docs/sources/mapping.md has examples)")
    if "name" in said:
        raise RecipeError(f"{path.name}: found name; a recipe is named after its file, leave it out")
    try:
        return Recipe.model_validate({"name": path.stem, **said})
    except ValidationError as error:
        raise RecipeError("\n".join(sentence(path.name, each) for each in error.errors())) from error


def sentence(file: str, error: Any) -> str:
    """One mistake as pydantic tells it, as a person reads it."""
    place = ".".join(str(part) for part in error["loc"] if part not in ("function-before", "str", "bool"))
    place = re.sub(r"\.0\b", "", place)
    found = json.dumps(error["input"], ensure_ascii=False, default=str)[:80]
    match error["type"]:
        case "extra_forbidden":
            known = [field.alias or name for name, field in (Recipe if "." not in place else Rule).model_fields.items()]
            if place.startswith("ignore."):
                known = list(Ignored.model_fields)
            last = place.rpartition(".")[2]
            return f"{file}: {place}: there is no such key{nearest(last, known)} Known: {', '.join(known)}."
        case "value_error":
            return f"{file}: {place + ': ' if place else ''}{error['ctx']['error']!s}."
        case "missing":
            return f"{file}: {place}: missing; give it."
        case "literal_error":
            return f"{file}: {place}: found {found}. Use {error['ctx']['expected']}."
        case _:
            return f"{file}: {place}: found {found}. {error['msg']}."
