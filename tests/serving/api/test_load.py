"""The benchmark's own clients, fewer and for less long: what `make bench-api` measures in full."""

from functools import partial
from pathlib import Path

from benchmarks.api_load import Client, Heard, new_token, publish_version, read_through_publishes, serving
from ingestion.home import Home


def test_clients_that_read_through_publishes_see_no_error_and_no_mixed_generation(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    publish_version(home, 1, rows=20_000)
    token = new_token(home)
    publishes = [partial(publish_version, home, number, 20_000) for number in range(2, 5)]
    with serving(home, tmp_path / "server.log") as address:
        heard = read_through_publishes(address, token, 240, 8, publishes)
        assert heard.wrong == []
        assert heard.requests >= 240
        assert heard.generations == {1, 2, 3, 4}
        assert heard.sequences > 20


def test_the_clients_would_notice_a_mixed_generation(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    publish_version(home, 2, rows=20_000)
    token = new_token(home)
    with serving(home, tmp_path / "server.log") as address:
        heard = Heard()
        # Its rows say that they are of generation 2; it is the first.
        Client(address, token, heard).read("page, JSON")
        Client(address, "aia_wrong_token", heard).metadata("tables")
    assert "mixed generations ['1', '2']" in heard.wrong[0]
    assert "401" in heard.wrong[1]
