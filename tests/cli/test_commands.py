"""Commands as an operator types them: results, JSON, exit codes, one sentence per error."""

import base64
import json
from importlib.metadata import version
from pathlib import Path

import psycopg
import pytest

from regulars.cli import main, programs, session
from regulars.cli.main import outcome
from regulars.cli.output import Exit
from regulars.cli.reference import commands, with_reference
from regulars.platform.ids import parse_member_id
from regulars.platform.settings import Settings

ROOT = Path(__file__).parents[2]
MEADOW = ROOT / "examples/programs/meadow_club.yaml"


@pytest.fixture
def command(settings: Settings, monkeypatch, capsys):
    """Run a command on this test's database; its exit code, output and messages."""
    monkeypatch.setenv("REGULARS_HOME", str(settings.home))
    monkeypatch.setenv("REGULARS_DATABASE_URL", settings.database_url or "")
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: object) -> tuple[int, str, str]:
        code = outcome([str(one) for one in arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def shop(command):
    """A database with the demo program and a few people."""
    code, out, err = command("up", "--prepare-only", "--people", 12, "--days", 40, "--json")
    assert code == Exit.OK, err
    return json.loads(out)


def test_up_prepares_everything_and_a_second_time_keeps_it(command, shop):
    code, out, _ = command("up", "--prepare-only", "--json")
    assert (code, json.loads(out)) == (Exit.OK, shop)
    code, out, _ = command("up", "--prepare-only")
    assert out.count("curl ") == 3
    assert "/docs" in out


def test_a_member_is_shown_explained_exported_and_erased(command, shop):
    member = shop["started"]["member"]
    code, out, _ = command("member", "show", member, "--json")
    shown = json.loads(out)
    assert (code, shown["id"], shown["status"]) == (Exit.OK, member, "active")
    code, by_id, _ = command("member", "show", f"external_id:{shown['profile']['external_id']}")
    assert code == Exit.OK
    assert member in by_id
    code, out, _ = command("member", "explain", member, 1, "--language", "de")
    assert code == Exit.OK
    assert out.startswith("ent_")
    code, out, _ = command("member", "export", member)
    assert shown["profile"]["external_id"] in out
    assert command("member", "erase", member, "--yes")[0] == Exit.OK
    code, out, _ = command("member", "show", member, "--json")
    assert json.loads(out)["profile"] == {}


def test_the_books_are_verified_rebuilt_and_brought_up_to_date(command, shop):
    code, out, _ = command("ledger", "verify", "--json")
    assert (code, json.loads(out)["findings"]) == (Exit.OK, [])
    code, out, _ = command("ledger", "rebuild", "--json")
    assert (code, json.loads(out)["changed"]) == (Exit.OK, 0)
    assert command("due")[0] == Exit.OK


def test_the_books_need_no_master_key(command, shop, settings):
    settings.master_key_path.rename(settings.home / "elsewhere.json")
    assert command("ledger", "verify")[0] == Exit.OK
    assert command("ledger", "rebuild")[0] == Exit.OK
    assert command("member", "show", shop["started"]["member"])[0] == Exit.UNAVAILABLE


def test_a_finding_names_the_member_as_other_commands_take_it(command, shop, settings):
    member = shop["started"]["member"]
    with psycopg.connect(settings.database_url) as owner:
        owner.execute(
            "UPDATE member_state SET seq = seq + 1 WHERE member_id = %s", [parse_member_id(member)]
        )
    code, out, _ = command("ledger", "verify", "--json")
    assert code == Exit.PROBLEM
    named = {finding.partition(":")[0] for finding in json.loads(out)["findings"]}
    assert named == {member}
    assert command("member", "show", member)[0] == Exit.OK


def test_keys_are_made_listed_and_revoked(command, shop):
    code, out, _ = command("key", "create", "shop", "-s", "events:write", "--json")
    made = json.loads(out)
    assert (code, made["scopes"]) == (Exit.OK, ["events:write"])
    assert command("key", "revoke", made["id"])[0] == Exit.OK
    _, out, _ = command("key", "list", "--json")
    assert made["key"] not in out
    assert next(one for one in json.loads(out) if one["id"] == made["id"])["revoked_at"]
    code, _, err = command("key", "create", "shop", "-s", "everything")
    assert code == Exit.PROBLEM
    assert "scopes" in err


def test_the_version_is_told_without_a_command(command):
    assert command("--version") == (Exit.OK, f"{version('regulars')}\n", "")


def test_a_document_is_checked_and_published(command, tmp_path):
    assert command("program", "check", MEADOW)[:2] == (Exit.OK, "nothing is wrong\n")
    broken = tmp_path / "broken.yaml"
    broken.write_text(MEADOW.read_text().replace('points: "50"', "points: fifty", 1))
    code, out, _ = command("program", "check", broken, "--json")
    assert (code, json.loads(out)["valid"]) == (Exit.PROBLEM, False)
    code, _, err = command("program", "publish", broken)
    assert code == Exit.PROBLEM
    assert "fifty" in err
    code, out, _ = command("program", "publish", MEADOW, "--json")
    assert (code, json.loads(out)["version"]) == (Exit.OK, 1)
    code, out, _ = command("program", "list")
    assert out.startswith("meadow-club\t1\t")
    assert command("program", "show", "--version", 1)[:2] == (Exit.OK, MEADOW.read_text())
    code, out, _ = command("program", "show", "--json")
    assert json.loads(out)["document"] == MEADOW.read_text()
    assert command("program", "show", "--version", 2)[0] == Exit.PROBLEM


def test_a_made_up_shop_is_written_and_imported(command, tmp_path):
    assert command("program", "publish", MEADOW)[0] == Exit.OK
    folder = tmp_path / "shop"
    code, out, _ = command("simulate-shop", folder, "--people", 5, "--days", 30, "--json")
    assert code == Exit.OK
    assert json.loads(out)["order_lines"] > 0
    mapping = ROOT / "examples/imports/simulated_shop.yaml"
    code, out, _ = command("import", folder / "orders.csv", "-m", mapping, "--dry-run")
    assert code == Exit.OK
    assert "lines" in out


def test_a_backup_is_restored_with_the_erasures_made_since(
    command, shop, settings, postgres, monkeypatch, tmp_path
):
    folder = tmp_path / "backup"
    assert command("db", "backup", folder)[0] == Exit.OK
    assert command("db", "backup", folder)[0] == Exit.USAGE
    member = shop["started"]["member"]
    command("member", "erase", member, "--yes")
    assert command("db", "restore", folder)[0] == Exit.UNAVAILABLE
    empty = postgres.create_database()
    monkeypatch.setenv("REGULARS_DATABASE_URL", empty)
    try:
        keys = settings.master_key_path
        kept = keys.read_bytes()
        for others in (None, json.dumps(_other_keys())):
            keys.unlink(missing_ok=True)
            if others is not None:
                keys.touch(mode=0o600)
                keys.write_text(others)
            assert command("db", "restore", folder)[0] == Exit.UNAVAILABLE
            with psycopg.connect(empty) as owner:
                found = owner.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
                assert found.fetchone() == (0,), "something was written"
        keys.write_bytes(kept)
        code, out, err = command("db", "restore", folder, "--json")
        assert code == Exit.OK, err
        assert json.loads(out) == {"erased_again": 1, "clean": True, "findings": []}
        _, out, _ = command("member", "show", member, "--json")
        assert json.loads(out)["profile"] == {}
    finally:
        postgres.drop_database(empty)


def _other_keys() -> dict[str, object]:
    """The file of another installation."""
    key = base64.b64encode(bytes(32)).decode()
    return {
        "format": 1,
        "wrapping": [{"id": "00000001", "key": key}],
        "hashing": [{"id": "00000002", "key": key}],
    }


WRONG = [
    (["nonsense"], Exit.USAGE, "nonsense"),
    (["program", "check", "no-such-file.yaml"], Exit.USAGE, "no-such-file"),
    (["member", "show", "mem_x"], Exit.USAGE, "mem_x"),
    (["member", "show", "mem_0000000000000"], Exit.PROBLEM, "no such member"),
    (["key", "list", "--program", "nobody"], Exit.PROBLEM, "nobody"),
    (["up", "--data", str(MEADOW)], Exit.USAGE, "--mapping"),
]


@pytest.mark.parametrize(
    ("arguments", "code", "said"), WRONG, ids=[" ".join(row[0][:2]) for row in WRONG]
)
def test_an_expected_error_is_one_sentence_and_an_exit_code(command, shop, arguments, code, said):
    ended, _, err = command(*arguments)
    assert (ended, "Traceback" in err) == (code, False)
    assert said in err


def test_a_database_that_is_away_is_said(command, monkeypatch):
    monkeypatch.setenv("REGULARS_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    code, out, err = command("program", "list")
    assert (code, out) == (Exit.UNAVAILABLE, "")
    assert "127.0.0.1" in err
    monkeypatch.setenv("REGULARS_PORTT", "1")
    code, _, err = command("program", "list")
    assert code == Exit.USAGE
    assert "REGULARS_PORTT" in err


def test_an_error_that_nobody_expected_is_not_hidden(command, monkeypatch):
    def broken() -> Settings:
        raise ZeroDivisionError

    monkeypatch.setattr(session, "settings", broken)
    with pytest.raises(ZeroDivisionError):
        command("program", "list")


def test_the_log_is_set_up_before_a_command_does_anything(command, monkeypatch):
    order = []
    monkeypatch.setattr(main, "configure_logging", lambda given: order.append(given.log_level))
    monkeypatch.setattr(programs, "check_text", lambda text: order.append("work") or [])
    monkeypatch.setenv("REGULARS_LOG_LEVEL", "error")
    assert command("program", "check", MEADOW)[0] == Exit.OK
    assert order == ["error", "work"]


def test_every_command_with_an_answer_offers_json():
    silent = {"regulars serve"}
    without = {name for name, one in commands() if not any("--json" in p.opts for p in one.params)}
    assert without == silent


def test_every_command_option_exit_code_and_setting_is_documented():
    document = ROOT / "docs/cli.md"
    text = document.read_text(encoding="utf-8")
    assert with_reference(text) == text, "run `python -m regulars.cli.reference docs/cli.md`"
