"""What a landing zone would become, told before anything is loaded (`make check`, docs/sources/mapping.md)."""
