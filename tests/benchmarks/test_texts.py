"""Numbers and conditions as text."""

from benchmarks import texts


def test_ratios_and_seconds_in_words():
    assert [texts.times_text(x) for x in (0.996, 1.04, 19.96, 123.4)] == ["**1.00x**", "1.0x", "20.0x", "123x"]
    written = [texts.seconds_text(x) for x in (0.0123, 0.1234, 1.234, 12.34)]
    assert written == ["12.3 ms", "0.123 s", "1.23 s", "12.3 s"]


def test_seeds_that_missed_a_target_count_as_slowest():
    assert texts.targets_text([1.0, 3.0, 2.0]) == "2.00 s (1.00 s to 3.00 s)"
    assert texts.targets_text([1.0, None, 2.0]) == "2.00 s (1.00 s to 2.00 s, 2 of 3 seeds)"
    assert texts.targets_text([1.0, None, None]) == "1 of 3 seeds"
    assert texts.targets_text([1.0, None]) == "1 of 2 seeds"
    assert texts.targets_text([None]) == "0 of 1 seeds"


def test_conditions_name_everything_that_matters(found):
    text = texts.conditions(found["speed"])
    assert text == (
        "a CPU, 2 cores, AVX2; Python 3.12.0, fastmlp 0.1, numpy 2.0; data set mnist; 2026-01-02; "
        "`python -m benchmarks speed`. Left out: jax (jax is not installed)."
    )
    busy = texts.conditions(found["speed"] | {"load": 2.5})
    assert busy == f"{text} Other programs were running before (load 2.5): the times may be too long."


def test_sections_of_one_machine_share_their_conditions(found):
    speed = found["speed"]
    widths = speed | {"versions": speed["versions"] | {"torch": "2.9"}, "date": "2026-01-03"}
    shared = texts.shared_conditions({"speed": speed, "widths": widths})
    assert shared.count("a CPU") == 1
    assert "torch 2.9; data set mnist; 2026-01-02 to 2026-01-03; `python -m benchmarks speed widths`." in shared
    for other in ({"versions": {"numpy": "1.0"}}, {"machine": speed["machine"] | {"cores": 4}}):
        assert len(texts.shared_conditions({"speed": speed, "widths": speed | other}).splitlines()) == 2


def test_names_with_the_same_conditions_share_a_line(measured):
    lines = texts.all_conditions({"one": measured, "two": measured, "busy": measured | {"load": 2.5}}).splitlines()
    assert [line.split(": ")[0] for line in lines] == ["one, two", "busy"]
