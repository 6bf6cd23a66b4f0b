"""The static dashboard: aggregates of a snapshot as JSON, and the site that draws them."""
