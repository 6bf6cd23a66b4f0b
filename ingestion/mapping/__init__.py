"""Recipes: small YAML files that map CSV or JSON logs of any shape to the envelope, compiled to SQL."""
