"""`regulars science` as a person types it: answers, JSON, pages, and one sentence per mistake."""

import json
import subprocess
import sys

import pytest

from regulars.cli import main
from regulars.cli.output import Exit
from regulars.cli.reference import commands
from regulars.cli.science import showing
from tests.insights import files

SCIENCE = (
    "lifetime", "churn", "segments", "recommend", "experiment", "uplift", "bandit", "liability",
)  # fmt: skip
KIND = {
    "lifetime": "orders", "churn": "orders", "segments": "orders", "recommend": "orders",
    "experiment": "trial", "uplift": "trial", "bandit": "log", "liability": "points",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a small file and a mapping of each kind."""
    found = tmp_path_factory.mktemp("cli-science")
    files.orders(found / "orders.csv", customers=80, seed=5)
    files.trial(found / "trial.csv", units=900)
    files.log(found / "log.csv", decisions=900)
    files.points(found / "points.csv", members=80)
    for name, text in (
        ("orders", files.ORDERS_MAP),
        ("trial", files.TRIAL_MAP),
        ("log", files.LOG_MAP),
        ("points", files.POINTS_MAP),
    ):
        files.mapping(found / f"{name}.yaml", text)
    return found


@pytest.fixture
def science(monkeypatch, tmp_path, capsys):
    """Run a command of science; its exit code, output and messages. No database is there."""
    monkeypatch.setenv("REGULARS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("REGULARS_DATABASE_URL", "postgresql://127.0.0.1:1/none")
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments):
        code = main.outcome(["science", *map(str, arguments)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_there_is_a_command_for_every_question():
    named = [name.removeprefix("regulars science ") for name, _ in commands() if "science" in name]
    assert sorted(named) == sorted(SCIENCE)


@pytest.mark.parametrize("command", SCIENCE)
def test_a_command_answers_machines_and_writes_what_it_is_asked_for(
    science, folder, tmp_path, command
):
    kind = KIND[command]
    page, rows = tmp_path / "page.html", tmp_path / "rows.csv"
    extra = [] if command in ("experiment", "bandit") else ["--out", rows]
    code, out, err = science(
        command, folder / f"{kind}.csv", "--map", folder / f"{kind}.yaml", "--json",
        "--report", page, *extra,
    )  # fmt: skip
    assert code == Exit.OK, err
    answer = json.loads(out)
    assert answer["command"] == command
    assert answer["summary"]
    assert len(answer["limits"]) >= 4
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert f"{page} shows it" in err
    if extra:
        assert len(rows.read_text(encoding="utf-8").splitlines()) > 50
        assert f"{rows} holds " in err


def test_an_answer_in_words_has_its_tables_and_its_limits(science, folder):
    code, out, _ = science(
        "experiment", folder / "trial.csv", "--map", folder / "trial.yaml",
        "--value-of", "spend", "--margin", 0.4, "--cost", 0.1,
    )  # fmt: skip
    assert code == Exit.OK
    for part in ("Did it make a difference", "Group sizes", "What it was worth",
                 "Where not to trust it\n- "):  # fmt: skip
        assert part in out
    assert "letter\tbought\t" in out


def test_the_mapping_of_an_import_serves_too(science, tmp_path):
    export = files.write(
        tmp_path / "orders.csv",
        ("order", "time", "customer", "sku", "quantity", "price"),
        [
            (f"o{who}-{turn}", f"2024-{1 + turn % 9:02d}-{1 + who % 28:02d}", f"c{who}", "x", 1, 2)
            for who in range(60)
            for turn in range(1 + who % 7)
        ]
        + [("A1", "2024-01-01", "c1", "x", 1, 2), ("o9", "2024-01-01", "c1", "POST", 1, 2)],
    )
    mapping = files.mapping(
        tmp_path / "import.yaml",
        "regulars_import: 1\nsource: s\nmoney: {currency: EUR}\ntime: {zone: UTC}\n"
        "columns: {order: order, time: time, customer: customer, sku: sku, quantity: quantity,"
        " unit_price: price}\nadjustments: {order_prefix: A}\n"
        "not_goods: [{code: POST, reason: postage}]\n",
    )
    code, out, err = science("segments", export, "--map", mapping, "--json")
    assert code == Exit.OK, err
    orders = sum(1 + who % 7 for who in range(60))
    answer = json.loads(out)
    assert f"{orders} orders" in answer["source"]
    assert answer["customers"] == 60


BAD = {
    "a bad cell": (
        "who,day,order,item,name,count,price\na,2024-01-01,1,x,X,1,5\na,13/45/2011,1,x,X,1,5\n",
        files.ORDERS_MAP,
        'line 3, column day: found "13/45/2011"; give times as 2011-12-31',
    ),
    "a misspelt column": (
        "who,day,order,item,name,count,prise\n",
        files.ORDERS_MAP,
        "columns.unit_price: found 'price', which the file has 0 times; prise would be right",
    ),
    "a misspelt key": (
        "who\n", files.ORDERS_MAP.replace("customer:", "custommer:"),
        "columns.custommer: found a key that means nothing here; customer would be right",
    ),
    "a mapping for something else": (
        "arm\n", files.TRIAL_MAP, "columns.value or columns.quantity and columns.unit_price: found "
        "nothing; `lifetime` needs it",
    ),
    "too little": (
        "who,day,order,item,name,count,price\na,2024-01-01,1,x,X,1,5\nb,2024-03-01,2,x,X,1,5\n",
        files.ORDERS_MAP,
        "at least",
    ),
    "a line too wide": (
        "who,day,order,item,name,count,price\na,2024-01-01,1,x,X,1,5,6\n",
        files.ORDERS_MAP,
        "line 2 has 8 fields where the header has 7. Put quotes",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "mapping", "said"), BAD.values(), ids=BAD)
def test_a_bad_file_is_one_message_and_code_1(science, tmp_path, text, mapping, said):
    (tmp_path / "bad.csv").write_text(text)
    files.mapping(tmp_path / "map.yaml", mapping)
    code, out, err = science("lifetime", tmp_path / "bad.csv", "--map", tmp_path / "map.yaml")
    assert (code, out) == (Exit.PROBLEM, "")
    assert err.startswith("regulars: ")
    assert said in err
    assert "Traceback" not in err


def test_a_bad_day_is_one_message(science, folder):
    code, _, err = science(
        "lifetime", folder / "orders.csv", "--map", folder / "orders.yaml", "--cut", "31.12."
    )
    assert code == Exit.PROBLEM
    assert "31.12. is no date. Give a day such as 2011-12-31." in err


def test_a_file_that_is_not_there_is_a_mistake_in_the_call(science, folder):
    code, _, err = science("lifetime", folder / "none.csv", "--map", folder / "orders.yaml")
    assert code == Exit.USAGE
    assert "does not exist" in err


@pytest.mark.parametrize("command", SCIENCE)
def test_without_the_extra_the_command_says_how_to_install_it(
    science, folder, monkeypatch, command
):
    monkeypatch.setattr(showing, "find_spec", lambda name: None if name == "scipy" else object())
    kind = KIND[command]
    code, out, err = science(command, folder / f"{kind}.csv", "--map", folder / f"{kind}.yaml")
    assert (code, out) == (Exit.UNAVAILABLE, "")
    assert "this needs the science extra (scipy not found): run `make science`" in err


def test_the_command_line_imports_nothing_of_the_extra():
    looked = (
        "import sys; import regulars.cli.main; "
        f"print(sorted(set({showing.EXTRA!r}) & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", looked], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
