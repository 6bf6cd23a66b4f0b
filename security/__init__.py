"""What is asked of the project itself: known vulnerabilities of what it installs, secrets in what it commits (docs/security.md)."""
