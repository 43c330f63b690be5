"""Metrics are named alike and hold nothing that leads to a person."""

import pytest

from regulars.platform.metrics import counter, histogram, registry, render_metrics, timed


def test_metrics_appear_with_prefix_and_values() -> None:
    made = counter("platform_tests", "How often this test counted.", ["kind"])
    slow = histogram("platform_tests_seconds", "How long it took.")
    made.labels(kind="a").inc(2)
    with timed(slow):
        pass
    try:
        text = render_metrics().decode()
    finally:
        registry.unregister(made)
        registry.unregister(slow)
    assert 'regulars_platform_tests_total{kind="a"} 2.0' in text
    assert "regulars_platform_tests_seconds_count 1.0" in text
    assert 'regulars_process_info{worker="' in text


@pytest.mark.parametrize("label", ["member_id", "email", "contact_phone"])
def test_labels_that_lead_to_a_person_are_refused(label: str) -> None:
    with pytest.raises(AssertionError, match="personal"):
        counter("never_made", "Never.", [label])
