"""The bench of the science tells figures, goals and peers apart, and hides nothing that failed."""

import json
import sys
from types import SimpleNamespace

import msgspec
import pytest
from bench.report import Figure
from bench.science import __main__ as command
from bench.science import environment, report
from bench.science.environment import PeerFailed, Peers
from bench.science.options import Options, Skipped, save_arrays, shared_file

GOOD = Figure("churn_auc", 0.77, "", reference=0.76, ratio=1.01, low=0.76, high=0.78, detail="d")


def module(name, figures, measure):
    return SimpleNamespace(
        __name__=f"bench.science.figures.{name}", FIGURES=figures, measure=measure
    )


@pytest.fixture
def bench(monkeypatch, tmp_path):
    """Run the bench with modules of the test's own; its exit code and the file it wrote."""

    def run(modules, *arguments):
        monkeypatch.setattr(command, "_modules", lambda: modules)
        out = tmp_path / "science.json"
        code = command.main(["--no-peers", f"--out={out}", *arguments])
        if not out.exists():
            return code, None
        return code, msgspec.json.decode(out.read_bytes(), type=list[Figure])

    return run


VERDICTS = {
    "at least, reached": (Figure("churn_auc", 0.765, ""), "met"),
    "at least, missed": (Figure("churn_auc", 0.764, ""), "MISSED"),
    "at most, reached": (Figure("churn_brier", 0.160, ""), "met"),
    "at most, missed": (Figure("churn_brier", 0.161, ""), "MISSED"),
    "no goal": (Figure("other", 1.0, ""), ""),
    "skipped": (report.skipped("churn_auc", "no file"), "skipped"),
}


@pytest.mark.parametrize(("figure", "verdict"), VERDICTS.values(), ids=VERDICTS)
def test_a_figure_is_held_against_its_goal(figure, verdict):
    assert report.verdict(figure) == verdict


def test_the_table_shows_value_range_peer_goal_and_detail():
    lines = report.table([GOOD]).splitlines()
    assert lines[0].split() == ["figure", "value", "unit", "range", "peer", "ratio", "goal"]
    assert lines[2].split() == [
        "churn_auc", "0.77", "0.76", "-", "0.78", "0.76", "1.01", ">=", "0.765", "met",
    ]  # fmt: skip
    assert lines[-1] == "churn_auc: d"


def test_figures_are_written_with_those_of_a_goal_first(bench, capsys):
    other = Figure("other", 2.0, "s")
    code, written = bench(
        [module("churn", ("churn_auc", "other"), lambda peers, options: [other, GOOD])]
    )
    assert code == 0
    assert [one.figure for one in written] == ["churn_auc", "other"]
    assert "churn_auc: d" in capsys.readouterr().out


def test_a_missed_goal_ends_with_1(bench):
    missed = Figure("churn_auc", 0.5, "")
    assert bench([module("churn", ("churn_auc",), lambda peers, options: [missed])])[0] == 1


def test_a_module_that_breaks_does_not_keep_the_others_away(bench, capsys):
    def broken(peers, options):
        raise ValueError("no such thing")

    code, written = bench(
        [
            module("bad", ("bad_figure",), broken),
            module("churn", ("churn_auc",), lambda peers, options: [GOOD]),
        ]
    )
    assert code == 1
    assert [one.figure for one in written] == ["churn_auc"]
    assert "FAILED bad: ValueError: no such thing" in capsys.readouterr().out


def test_what_cannot_be_measured_here_is_said_in_the_table(bench):
    def without(peers, options):
        raise Skipped("cdnow_master.csv.gz is not there")

    code, written = bench([module("churn", ("churn_auc", "churn_brier"), without)])
    assert code == 0
    assert [one.detail for one in written] == ["skipped: cdnow_master.csv.gz is not there"] * 2


def test_figures_or_modules_can_be_chosen(bench, capsys):
    asked = []

    def measure(peers, options):
        asked.append(options)
        return [GOOD, Figure("churn_brier", 0.1, "")]

    modules = [
        module("churn", ("churn_auc", "churn_brier"), measure),
        module("other", ("other_figure",), measure),
    ]
    _, written = bench(modules, "--figures=churn_auc")
    assert [one.figure for one in written] == ["churn_auc"]
    assert asked[-1].wanted == {"churn_auc"}
    _, written = bench(modules, "--figures=churn")
    assert [one.figure for one in written] == ["churn_auc", "churn_brier"]
    assert len(asked) == 2
    code, _ = bench(modules, "--figures=speed")
    assert code == 2
    assert "unknown figures speed; known: churn, churn_auc" in capsys.readouterr().out


def test_every_figure_with_a_goal_has_a_module_that_measures_it():
    measured = {name for one in command._modules() for name in one.FIGURES}
    assert set(report.GOALS) - measured == set()


def test_options_want_all_where_none_is_named():
    assert Options().wants("anything")
    assert Options(frozenset({"a"})).wants("a", "b")
    assert not Options(frozenset({"a"})).wants("b")


def test_a_public_file_that_is_not_there_is_skipped():
    with pytest.raises(Skipped, match=r"no\.csv is not there; REGULARS_SHARED_DATA"):
        shared_file("no.csv")


@pytest.fixture
def peers(monkeypatch, tmp_path):
    """Peers that run scripts of the test's own in this very Python."""
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    source = environment.SCRIPTS / "answering.py"
    (scripts / "answering.py").write_text(source.read_text())
    monkeypatch.setattr(environment, "SCRIPTS", scripts)

    def script(text):
        (scripts / "one.py").write_text("from answering import answer, versions\n" + text)
        return Peers(_python(), tmp_path)

    return script


def _python():
    from pathlib import Path

    return Path(sys.executable)


def test_a_peer_answers_a_job_and_may_print(peers):
    import numpy as np

    asked = peers(
        "import numpy as np\n"
        "def work(job):\n"
        "    print('a library says hello')\n"
        "    found = np.load(job['arrays'])\n"
        "    return {'sum': float(found['x'].sum()), 'versions': versions('numpy')}\n"
        "answer(work)\n"
    )
    arrays = save_arrays(asked.folder / "job.npz", x=np.arange(4))
    answered = asked.ask("one", {"arrays": arrays})
    assert answered == {"sum": 6.0, "versions": {"numpy": np.__version__}}


FAILURES = {
    "a library is missing": ("import no_such_library\n", "No module named 'no_such_library'"),
    "the script breaks": ("def work(job):\n    return job['x']\nanswer(work)\n", "KeyError: 'x'"),
}


@pytest.mark.parametrize(("text", "said"), FAILURES.values(), ids=FAILURES)
def test_a_peer_that_fails_says_why(peers, text, said):
    with pytest.raises(PeerFailed, match=said):
        peers(text).ask("one", {})


def test_a_peer_that_does_not_answer_is_given_up(peers):
    asked = peers("import time\ntime.sleep(60)\n")
    with pytest.raises(PeerFailed, match=r"no answer within 0 s"):
        asked.ask("one", {}, seconds=0.2)


def test_an_environment_that_cannot_be_installed_is_said(monkeypatch, tmp_path, capsys):
    lock = tmp_path / "none.lock"
    lock.write_text("no-such-package-of-ours==1 --hash=sha256:" + "0" * 64 + "\n")
    monkeypatch.setattr(environment, "ENVIRONMENT", tmp_path / "env")
    monkeypatch.setattr(environment, "LOCK", lock)
    monkeypatch.setattr(environment, "_run", _refuse)
    assert command._peers() is None
    assert "peers: none: the peers cannot be installed" in capsys.readouterr().out


def _refuse(arguments):
    raise PeerFailed("the peers cannot be installed: no wheel")


def test_the_lock_holds_names_versions_and_hashes_alone():
    lines = environment.LOCK.read_text(encoding="utf-8").splitlines()
    assert not [line for line in lines if "://" in line]
    pins = [line.split()[0] for line in lines if line and line[0] not in "# "]
    assert {pin.split("==")[0] for pin in pins} >= {
        "lifetimes", "pymc-marketing", "implicit", "vowpalwabbit", "scikit-uplift", "causalml",
    }  # fmt: skip
    assert all("==" in pin for pin in pins)
    assert json.dumps(pins)
