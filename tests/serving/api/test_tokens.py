"""Who is let in: tokens are shown once, kept as digests, and end when they should."""

import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ingestion.home import Home
from serving.api.__main__ import app, is_loopback
from serving.api.scope import Data, Scope
from serving.api.tokens import TokensError, TokenStore

from .conftest import Served

ALL = Scope(None, Data.PERSONAL)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("AUDIENCE_HOME", str(tmp_path))
    return Home(tmp_path)


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["tokens", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_the_file_holds_no_token_and_only_its_owner_reads_it(home: Home) -> None:
    _, shown = TokenStore(home.api).create("dashboard", ALL, None)
    path = home.api / "tokens.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.api.stat().st_mode) == 0o700
    secret = shown.split("_", 2)[2]
    assert len(shown) > 50
    assert not any(secret in file.read_text() for file in home.api.iterdir())


def test_a_token_is_found_by_its_whole_text_alone(home: Home) -> None:
    store = TokenStore(home.api)
    token, shown = store.create("one", ALL, None)
    _, other = store.create("two", ALL, None)
    assert store.find(shown) == token
    swapped = shown[:13] + other[13:]
    for wrong in ("", "aia_", token.token_id, shown[:-1], shown + "A", shown.upper(), swapped, token.sha256, "ü\udc80"):
        assert store.find(wrong) is None


def test_commands_make_list_and_revoke(home: Home) -> None:
    code, shown, described = run("create", "nightly export", "--workspace", "north", "--workspace", "south", "--data", "personal")
    assert code == 0
    assert "workspaces: north, south  data: personal" in described
    token = TokenStore(home.api).find(shown.strip())
    assert token is not None
    assert token.scope == Scope(("north", "south"), Data.PERSONAL)
    assert token.expires_at is not None
    assert timedelta(days=89) < token.expires_at - datetime.now(UTC) < timedelta(days=91)
    code, listed, _ = run("list")
    assert listed.split()[0] == token.token_id
    assert shown.strip() not in listed
    code, revoked, _ = run("revoke", token.token_id)
    assert code == 0
    assert "was revoked" in revoked
    code, _, error = run("revoke", "unknown")
    assert code == 1
    assert "tokens list" in error


def test_a_token_says_which_workspaces_and_is_for_aggregates_where_nothing_is_said(home: Home) -> None:
    for arguments in (["create", "x"], ["create", "x", "--workspace", "a", "--all-workspaces"]):
        code, _, error = run(*arguments)
        assert code == 1
        assert "--all-workspaces" in error
    code, shown, _ = run("create", "x", "--all-workspaces", "--never-expires")
    token = TokenStore(home.api).find(shown.strip())
    assert token is not None
    assert token.scope == Scope(None, Data.AGGREGATE)
    assert token.expires_at is None


def test_tokens_made_at_once_are_all_kept(home: Home) -> None:
    makers = [threading.Thread(target=TokenStore(home.api).create, args=(str(number), ALL, None)) for number in range(12)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    assert {token.name for token in TokenStore(home.api).list()} == {str(number) for number in range(12)}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"tokens": [{}]}',
        '{"tokens": [{"token_id": "a", "workspaces": [], "data": "personal"}]}',
        '{"tokens": 1}',
        "\xff",
    ],
)
def test_a_damaged_file_lets_nobody_in(home: Home, content: str) -> None:
    store = TokenStore(home.api)
    _, shown = store.create("one", ALL, None)
    (home.api / "tokens.json").write_text(content, encoding="latin-1")
    for _ in range(2):
        with pytest.raises(TokensError, match="damaged"):
            store.find(shown)


def test_a_file_that_others_may_read_is_not_trusted(home: Home) -> None:
    store = TokenStore(home.api)
    _, shown = store.create("one", ALL, None)
    (home.api / "tokens.json").chmod(0o644)
    with pytest.raises(TokensError, match="chmod 600"):
        store.find(shown)
    assert run("list")[0] == 1


def test_loopback_is_told_from_the_rest() -> None:
    assert all(is_loopback(host) for host in ("127.0.0.1", "localhost", "::1"))
    assert not any(is_loopback(host) for host in ("0.0.0.0", "::", "10.0.0.1", "example.com"))


def status(served: Served, headers: dict[str, str], path: str = "/v1/tables") -> int:
    return served.client.get(path, headers=headers).status_code


def test_every_route_of_tables_needs_a_token(served: Served) -> None:
    paths = [
        "/v1/publication",
        "/v1/tables",
        "/v1/tables/core/fct_view",
        "/v1/tables/core/fct_view/rows",
        "/v1/tables/a/b/rows?limit=x",
    ]
    wrong: list[dict[str, str]] = [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer aia_00000000_" + "A" * 43},
        {"Authorization": served.everything["Authorization"].replace("Bearer", "Basic")},
        {"X-Token": served.everything["Authorization"]},
    ]
    for path in paths:
        for headers in wrong:
            answer = served.client.get(path, headers=headers)
            assert answer.status_code == 401, (path, headers)
            assert answer.headers["www-authenticate"].startswith("Bearer")
    described = served.client.get("/openapi.json").json()["paths"]
    open_to_all = {path for path, routes in described.items() if "security" not in routes["get"]}
    assert open_to_all == {"/health", "/health/live", "/metrics"}


def test_an_expired_token_opens_nothing(served: Served) -> None:
    past = served.token(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    answer = served.client.get("/v1/tables", headers=past)
    assert answer.status_code == 401
    assert "expired" in answer.json()["detail"]
    assert status(served, served.token(expires_at=datetime.now(UTC) + timedelta(minutes=1))) == 200


def test_a_revoked_token_opens_nothing_from_the_next_request_on(served: Served) -> None:
    headers = served.token("north")
    assert status(served, headers) == 200
    # Another process revokes it: a store of its own.
    TokenStore(served.home.api).revoke(headers["Authorization"].split("_", 2)[1])
    answer = served.client.get("/v1/tables", headers=headers)
    assert answer.status_code == 401
    assert "revoked" in answer.json()["detail"]
    assert status(served, served.everything) == 200


def test_a_damaged_file_is_told_to_the_operator_and_not_to_clients(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    headers, path = served.everything, served.home.api / "tokens.json"
    kept = path.read_text()
    path.write_text("{")
    answer = served.client.get("/v1/tables", headers=headers)
    path.write_text(kept)
    assert answer.status_code == 503
    assert str(path) not in answer.text
    assert str(path) in caplog.text
    assert status(served, headers) == 200


def test_no_log_line_holds_a_value_or_a_token(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        served.rows("core.dim_contact", where="email:eq:ada@example.com")
    assert "/v1/tables/{schema}/{table}/rows 200" in caplog.text
    ours = "".join(record.getMessage() for record in caplog.records if record.name.startswith("audience"))
    assert "example.com" not in ours
    assert served.everything["Authorization"].split("_", 2)[2] not in ours
