"""Which source shapes a landed file: the one its first folder names, or that source by the recipe its second folder names."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ingestion import manifest
from ingestion.home import Home, recipes_of
from ingestion.mapping.compile import source_of
from ingestion.mapping.recipe import NAME, Recipe, RecipeError, nearest, read_recipe
from ingestion.sources import Source


class NoRecipeError(LookupError):
    """A landed file that no recipe is for; the message says what to do."""


@dataclass
class Shelf:
    """The recipes of a folder, each read once: what changes there while a run works is for the next run."""

    folder: Path
    _read: dict[str, Recipe | str] = field(default_factory=dict)
    _sources: dict[str, Source] = field(default_factory=dict)

    @classmethod
    def of(cls, home: Home) -> Shelf:
        """The recipes of this home, or of `AUDIENCE_RECIPES`."""
        return cls(recipes_of(home))

    @property
    def names(self) -> list[str]:
        """The recipes that are there, sound or not."""
        return sorted(path.stem for path in self.folder.glob("*.yml"))

    def recipe(self, name: str) -> Recipe:
        """A recipe by its name.

        Raises NoRecipeError where there is none, RecipeError where it has mistakes.
        """
        path = self.folder / f"{name}.yml"
        if name not in self._read:
            if not NAME.fullmatch(name) or not path.exists():
                known = nearest(name, self.names) or f". Recipes: {', '.join(self.names) or 'none'}."
                raise NoRecipeError(
                    f"No recipe has its name{known} Write {path} (docs/sources/mapping.md), or rename the folder."
                )
            try:
                self._read[name] = read_recipe(path)
            except RecipeError as error:
                self._read[name] = str(error)
        found = self._read[name]
        if isinstance(found, str):
            raise RecipeError(found)
        return found

    def shaping(self, source: Source, path: str) -> Source:
        """The source as it shapes the file landed at `path`: by the recipe of its folder, where it has such.

        Raises NoRecipeError and RecipeError where that is needed and cannot be used.
        """
        if not source.has_recipes:
            return source
        name = recipe_name(path)
        if name is None:
            raise NoRecipeError(
                f"It lies outside a recipe's folder. Move it into {source.name}/<recipe>/, with <recipe>.yml in {self.folder}"
            )
        if name not in self._sources:
            self._sources[name] = source_of(self.recipe(name), source)
        return self._sources[name]


def recipe_name(path: str) -> str | None:
    """The recipe of a file landed at `path`: the folder below the source's own."""
    _, _, below = path.partition("/")
    name, slash, _ = below.partition("/")
    return name if slash else None


def folder_of(path: str) -> str:
    """What is told of a file without a usable recipe: its recipe's folder, or the file itself where it lies in none."""
    name = recipe_name(path)
    return f"{path.partition('/')[0]}/{name}/" if name else path


def is_known(home: Home, source: Source, load: str) -> bool:
    """Whether bytes were loaded, as this source shapes them.

    A recipe may be changed back: then its old load has books, but the rows that count are another recipe's.
    """
    found = manifest.find(home, source.name, load)
    if found is None or source.recipe is None:
        return found is not None
    passed = {found.load_id}
    while found.status != manifest.LOADED and found.superseded_by and found.superseded_by not in passed:
        passed.add(found.superseded_by)
        successor = manifest.find(home, source.name, found.superseded_by)
        if successor is None:
            return False
        found = successor
    return found.status == manifest.LOADED and found.shape_version == source.shape_version


def other_versions(home: Home, source: Source) -> list[int]:
    """The shape versions under which the same bytes may have been loaded before, newest first where they have an order."""
    if source.recipe is None:
        return list(range(source.shape_version - 1, 0, -1))
    loads = manifest.every(home, source.name)
    return sorted({each.shape_version for each in loads if recipe_name(each.path) == source.recipe} - {source.shape_version})
