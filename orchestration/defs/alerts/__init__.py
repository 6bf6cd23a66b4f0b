"""Who is told when something fails and nobody looks."""
