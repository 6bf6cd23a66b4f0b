"""How fast, how lean and how hard to break: ratios against one DuckDB statement, and runs that are killed."""
