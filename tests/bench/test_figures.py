"""The benchmark harness works: every figure comes out of a short run. No time is asserted."""

import msgspec
import pytest
from bench.__main__ import main
from bench.baskets import LINES, baskets
from bench.load import Job, run_load
from bench.report import Figure, measured, table, verdict
from bench.serving import serving
from bench.world import open_world

from bench import report

SHORT = (
    "--runs=1", "--seconds=0.3", "--members=500", "--members-many=1500",
    "--deep-members=30", "--deep-events=70", "--run-in-megabytes=2",
)  # fmt: skip


def figures_of(tmp_path, names):
    out = tmp_path / "latest.json"
    code = main([*SHORT, f"--figures={names}", f"--out={out}"])
    # 1 says that a figure missed its goal, which is nothing to a test on a busy machine.
    assert code in (0, 1)
    return {one.figure: one for one in msgspec.json.decode(out.read_bytes(), type=list[Figure])}


def test_the_same_seed_makes_the_same_baskets():
    assert baskets(7, 20) == baskets(7, 20)
    assert baskets(7, 20) != baskets(8, 20)
    for basket in baskets(7, 200):
        assert len(basket.lines) == LINES
        assert sum(line.gross_minor - line.discount_minor for line in basket.lines) == sum(
            payment.amount_minor for payment in basket.payments
        )


def test_every_figure_comes_out_of_a_short_run(tmp_path, capsys):
    # What scale_2m measures is measured as deep_history is.
    wanted = [name for name in report.GOALS if name not in ("import", "scale_2m")]
    found = figures_of(tmp_path, ",".join(wanted))
    assert "FAILED" not in capsys.readouterr().out
    assert list(found) == wanted
    assert all(one.value > 0 for one in found.values())
    assert found["single_http"].reference > 0


def test_an_import_without_its_file_is_skipped_with_the_reason(tmp_path, monkeypatch):
    monkeypatch.setenv("REGULARS_SHARED_DATA", str(tmp_path))
    found = figures_of(tmp_path, "import")
    assert found["import"].value == 0
    assert found["import"].detail.startswith("skipped: online_retail.csv.gz is not there")


def test_an_unknown_figure_is_refused(capsys):
    assert main(["--figures=speed"]) == 2
    assert "unknown figures speed" in capsys.readouterr().out


def test_the_generator_counts_answers_that_are_not_what_was_asked_for():
    with open_world() as world:
        shop = world.shop(50)
        with serving(shop, workers=1) as server:
            job = Job(
                kind="event", port=server.port, api_key="rk_nobody", members=str(shop.members),
                run="errors", connections=2, seconds=0.2, warmup_seconds=0.0,
            )  # fmt: skip
            result = run_load(job)
    assert result.events == 0
    assert result.errors > 0
    assert result.first_errors[0].startswith("401 ")


@pytest.mark.parametrize(
    ("figure", "says"),
    [
        (Figure("decide", 9_999.0, "decisions/s"), "MISSED"),
        (Figure("decide", 10_000.0, "decisions/s"), "met"),
        (Figure("decide", 30_000.0, "decisions/s"), "aim met"),
        (Figure("event_p99", 20.1, "ms"), "MISSED"),
        (Figure("event_p99", 6.0, "ms"), "aim met"),
        (Figure("single_http", 5_000.0, "events/s", 10_000.0, 0.5), "met"),
        (Figure("import", 0.0, "lines/s", detail="skipped"), "not compared"),
        (Figure("another", 1.0, "things"), ""),
    ],
)
def test_a_figure_is_held_against_its_goal(figure, says):
    assert verdict(figure) == says


def test_a_figure_of_several_runs_is_the_median_with_its_range():
    figure = measured("single_http", [30, 10, 20], "events/s", references=[40, 20, 60])
    assert (figure.value, figure.low, figure.high) == (20, 10, 30)
    assert (figure.reference, figure.ratio) == (40, 0.5)
    assert "single_http" in table([figure])
    assert set(report.GOALS) >= {"single_http", "import"}
