"""The dbt model of what became of decisions is made of the review's own SQL."""

from __future__ import annotations

from pathlib import Path

from tools import review_models

PROJECT = Path(__file__).parents[2] / "transform"


def test_the_model_is_the_one_that_the_code_makes():
    """`python -m tools.review_models transform` changes nothing."""
    assert (PROJECT / review_models.MODEL).read_text(encoding="utf-8") == review_models.review_model()


def test_nothing_of_one_warehouse_is_left_in_it():
    """Every table is a reference, and hours are counted in the warehouse's own way."""
    text = review_models.review_model()
    left = ("access_wix.", "current_wix.", "hours_between", "removal_hours()", " campaign_items ")
    assert [one for one in left if one in text] == []


def test_it_is_written_into_a_dbt_project(tmp_path, capsys):
    """The command writes into the folder of a dbt project, and into no other folder."""
    assert review_models.main([str(tmp_path)]) == 2
    assert "usage" in capsys.readouterr().err
    (tmp_path / "dbt_project.yml").touch()
    assert review_models.main([str(tmp_path)]) == 0
    assert (tmp_path / review_models.MODEL).read_text(encoding="utf-8") == review_models.review_model()
