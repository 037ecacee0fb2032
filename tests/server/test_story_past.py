"""How far the model was off, as told at the end of a run."""

from experiments.backtest.stored import stored_hindcast
from experiments.errors import InputError
from server.story import past


def test_the_sentence_tells_the_errors_of_the_stored_back_test():
    scores = {score.name: score for score in stored_hindcast().run("free from 2022").scores if score.sample == "out"}
    text = past.how_far_off.__wrapped__()
    assert f"{100 * scores['volume_error'].model:.0f} % on average in the parcels" in text
    assert f"by up to ${scores['income_error'].model:.1f} billion" in text
    assert ("more than was allowed for" in text) == (not scores["income_error"].met)


def test_without_a_stored_back_test_nothing_is_said(monkeypatch):
    def missing():
        raise InputError("results.json: there is none")

    monkeypatch.setattr(past, "stored_hindcast", missing)
    assert past.how_far_off.__wrapped__() == ""
