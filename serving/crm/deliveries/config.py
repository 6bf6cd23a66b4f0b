"""Where deliveries go: ``deliveries.yml``, checked field by field before anything is sent."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ingestion.home import Home
from ingestion.keeping import is_open_to_others
from serving.crm.deliveries.blanking import remember
from serving.crm.deliveries.destination import Kind, Layout

VARIABLE = "AUDIENCE_DELIVERIES"
REPOSITORY = Path(__file__).resolve().parents[3]
NAME = re.compile(r"[a-z][a-z0-9_-]{0,40}")
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class ConfigError(RuntimeError):
    """The file of destinations cannot be used; the message names the file, the line, the field and a remedy."""


def safe_url(url: str) -> str:
    """An https address, or http on this machine: personal data and secrets travel nowhere in the open."""
    parts = urlsplit(url)
    if not parts.hostname or parts.scheme not in ("http", "https"):
        raise ValueError("write an address like https://crm.example.org")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("use https: personal data and secrets would travel in the open (http is for this machine only)")
    if parts.username or parts.password:
        raise ValueError("leave user and password out of the address: they are fields of their own")
    return url.rstrip("/")


Url = Annotated[str, AfterValidator(safe_url)]


class Settings(BaseModel):
    """Unknown fields are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Secret(Settings):
    """Where a secret is found: an environment variable, or a file outside the repository."""

    env: str | None = None
    file: Path | None = None

    @model_validator(mode="before")
    @classmethod
    def stands_elsewhere(cls, value: Any) -> Any:
        """Refuse a secret written into the file itself."""
        if not isinstance(value, Mapping):
            raise ValueError("a secret never stands in this file: write {env: NAME_OF_A_VARIABLE} or {file: /path}")
        return value

    @model_validator(mode="after")
    def is_one_place(self) -> Secret:
        """Exactly one place, and none under version control."""
        if (self.env is None) == (self.file is None):
            raise ValueError("write either {env: NAME_OF_A_VARIABLE} or {file: /path}")
        if self.file and REPOSITORY in self.file.expanduser().absolute().parents and not is_ignored(self.file):
            raise ValueError(f"{self.file} lies in the repository: keep secrets outside of it")
        return self

    def read(self) -> str:
        """The secret.

        Raises:
            ConfigError: it is not there, or others may read it.
        """
        if self.env:
            found = os.environ.get(self.env, "").strip()
            remedy = f"set the environment variable {self.env}"
        else:
            path = Path(self.file or "").expanduser()
            if path.is_file() and is_open_to_others(path):
                raise ConfigError(f"Others may read the secret in {path}: chmod 600 it, and replace the secret if they did.")
            found = path.read_text().strip() if path.is_file() else ""
            remedy = f"write the secret into {path}, and chmod 600 it"
        if not found:
            raise ConfigError(f"A secret is missing: {remedy}.")
        return remember(found)


def is_ignored(path: Path) -> bool:
    """Whether a file in the repository's folder lies where runs write, which is never committed."""
    return REPOSITORY / "var" in path.expanduser().absolute().parents


def as_sources(value: Any) -> Any:
    """One column or several, as a list; null takes a field out."""
    return [value] if isinstance(value, str) else value


Fields = dict[Kind, dict[str, list[str] | None]]


class Common(Settings):
    """What every destination may say.

    ``fields`` changes the default mapping: by kind and field of the destination the column of the export table that fills it, a list
    of columns of which the first that is not null does, or null to leave the field alone.
    """

    workspaces: list[str] | None = None
    kinds: list[Kind] | None = None
    fields: Fields = Field(default_factory=dict)

    @field_validator("fields", mode="before")
    @classmethod
    def lists(cls, value: Any) -> Any:
        """Let a single column stand without a list."""
        if not isinstance(value, Mapping):
            return value
        return {
            kind: {name: as_sources(sources) for name, sources in mapping.items()} if isinstance(mapping, Mapping) else mapping
            for kind, mapping in value.items()
        }

    def layouts(self, defaults: Mapping[Kind, Layout]) -> dict[Kind, Layout]:
        """The default layouts as changed by ``fields``, of the kinds asked for, in the order of ``defaults``."""
        wanted = self.kinds if self.kinds is not None else list(defaults)
        odd = sorted({*wanted, *self.fields} - set(defaults))
        if odd:
            raise ConfigError(f"Records of kind {', '.join(odd)} cannot go there: name {', '.join(defaults)}.")
        chosen: dict[Kind, Layout] = {}
        for kind, layout in defaults.items():
            if kind in wanted:
                merged = {**layout, **self.fields.get(kind, {})}
                chosen[kind] = {name: sources for name, sources in merged.items() if sources}
        return chosen


class HubSpotSettings(Common):
    """A HubSpot account, by the token of a private app."""

    type: Literal["hubspot"]
    token: Secret
    url: Url = "https://api.hubapi.com"
    external_id_property: str = "aia_external_id"
    gone: Literal["clear", "archive"] = "clear"


class SalesforceSettings(Common):
    """A Salesforce org: an access token, or a connected app's client credentials."""

    type: Literal["salesforce"]
    url: Url
    access_token: Secret | None = None
    client_id: Secret | None = None
    client_secret: Secret | None = None
    api_version: str = Field("62.0", pattern=r"^\d+\.0$")
    external_id_field: str = "AIA_External_Id__c"
    account_object: str = "Account"
    contact_object: str = "Contact"
    gone: Literal["clear", "delete"] = "clear"

    @model_validator(mode="after")
    def can_log_in(self) -> SalesforceSettings:
        """Exactly one way to log in."""
        if (self.access_token is None) == (self.client_id is None) or (self.client_id is None) != (self.client_secret is None):
            raise ValueError("write either access_token, or client_id and client_secret")
        return self


class WebhookSettings(Common):
    """Any system that takes signed JSON by HTTP."""

    type: Literal["webhook"]
    url: Url
    secret: Secret
    batch_size: int = Field(100, ge=1, le=1000)


class TrytonSettings(Common):
    """A Tryton server's database."""

    type: Literal["tryton"]
    url: Url
    database: str
    user: str
    password: Secret
    gone: Literal["delete", "deactivate"] = "delete"
    batch_size: int = Field(200, ge=1, le=1000)


class DltSettings(Common):
    """Anything that dlt knows: one of its destinations, or ``package.module.function`` of one made with ``@dlt.destination``."""

    type: Literal["dlt"]
    destination: str
    dataset: str = "audience"
    credentials: Secret | None = None
    batch_size: int = Field(10_000, ge=1)


AnySettings = Annotated[
    HubSpotSettings | SalesforceSettings | WebhookSettings | TrytonSettings | DltSettings, Field(discriminator="type")
]


class Destinations(Settings):
    """The file."""

    destinations: dict[Annotated[str, Field(pattern=f"^{NAME.pattern}$")], AnySettings]


def config_path(home: Home) -> Path:
    """The file of destinations: what ``AUDIENCE_DELIVERIES`` names, else ``deliveries.yml`` of the home."""
    named = os.environ.get(VARIABLE)
    return Path(named).expanduser() if named else home.root / "deliveries.yml"


def read_config(home: Home) -> dict[str, AnySettings]:
    """The destinations by name; none where there is no file.

    Raises:
        ConfigError: the file is not YAML, or a field of it is wrong.
    """
    path = config_path(home)
    if not path.exists():
        if os.environ.get(VARIABLE):
            raise ConfigError(f"There is no {path}: {VARIABLE} names it.")
        return {}
    try:
        written = path.read_text()
        node = yaml.compose(written, Loader=yaml.SafeLoader)
        content = yaml.safe_load(written)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not YAML: {error}") from error
    try:
        return dict(Destinations.model_validate(content if content is not None else {}).destinations)
    except ValidationError as error:
        raise ConfigError("\n".join(told(path, node, problem) for problem in error.errors())) from error


def settings_of(home: Home, name: str) -> AnySettings:
    """One destination.

    Raises:
        ConfigError: there is none of that name.
    """
    known = read_config(home)
    if name not in known:
        listed = ", ".join(known) or "none"
        raise ConfigError(f"{config_path(home)} has no destination {name} (it has {listed}): docs/crm.md shows how to write one.")
    return known[name]


def told(path: Path, node: yaml.Node | None, problem: Any) -> str:
    """One mistake, with the file, the line and the field."""
    # Third comes the type by which pydantic chose the settings, which is no level of the file.
    location = [*problem["loc"][:2], *problem["loc"][3:]]
    line, fields = place(node, location)
    message = str(problem["msg"]).removeprefix("Value error, ")
    return f"{path}, line {line}: {'.'.join(fields) or 'the file'}: {message}"


def place(node: yaml.Node | None, location: Sequence[Any]) -> tuple[int, list[str]]:
    """The line of a field (that of the last part which is there), and its parts."""
    line = node.start_mark.line + 1 if node else 1
    for part in location:
        if isinstance(node, yaml.MappingNode):
            match = next(((key, value) for key, value in node.value if key.value == str(part)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            match = (node.value[part], node.value[part])
        else:
            match = None
        if match is None:
            break
        line, node = match[0].start_mark.line + 1, match[1]
    return line, [str(part) for part in location]
