"""The published snapshot over HTTP: every mart and export, page by page, to whom a token allows it (docs/api.md)."""
