"""YAML as people mean it: a key given twice is an error, and `on`, `off`, `yes`, `no` and 12:30 are the words they look like."""

from __future__ import annotations

from typing import Any

import yaml


class RecipeLoader(yaml.SafeLoader):  # type: ignore[misc]
    """YAML 1.1 without its surprises."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """A mapping whose keys are all different."""
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key!r} is given twice", key_node.start_mark)
            seen.add(key)
        return dict(super().construct_mapping(node, deep))


RecipeLoader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if not tag.endswith((":bool", ":timestamp", ":int", ":float")) or (tag.endswith(":bool") and first in "tTfF")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
"""Numbers stay the text they are written as: which of them is a number says the envelope's field."""


def read_yaml(text: str) -> Any:
    """What the YAML text says, with numbers as text. Raises yaml.YAMLError with line and column."""
    return yaml.load(text, Loader=RecipeLoader)  # noqa: S506  a SafeLoader
