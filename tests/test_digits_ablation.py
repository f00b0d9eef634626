"""The stored table of the ablation: read as numbers, whatever the number of seeds."""

import math

import pytest

from course_utils import ebm

TABLE = """python tests/benchmarks/ebm_digits.py --ablate clip
Linux, CPU
ImageRecipe(...)

| left out | classes | gap |
| --- | ---: | ---: |
| the recipe | 9.70 | -1.5 |
    seed 3: training stopped at step 7
| no clipping | diverged | - |
| ReLU, seed 1 | 3.00 | 4.0 |
| ReLU, mean ± sd | 3.50 ± 0.50 | 5.0 ± 1.0 |
"""


def test_a_table_is_read_with_its_spreads_and_a_diverged_run_is_nan(tmp_path):
    path = tmp_path / "table.txt"
    path.write_text(TABLE, "utf-8")
    table = ebm.digits_ablation(path)
    assert table.command.endswith("--ablate clip")
    assert table.system == "Linux, CPU"
    assert list(table.rows) == ["the recipe", "no clipping", "ReLU"]
    assert table.rows["the recipe"] == {"classes": 9.7, "gap": -1.5}
    assert table.rows["ReLU"] == {"classes": 3.5, "gap": 5.0}
    assert table.spreads["ReLU"] == table.errors["ReLU"] == {"classes": 0.5, "gap": 1.0}  # one seed only
    assert table.spreads["the recipe"] == {"classes": 0.0, "gap": 0.0}
    assert all(math.isnan(value) for value in table.rows["no clipping"].values())


def test_a_file_without_a_table_is_refused(tmp_path):
    path = tmp_path / "empty.txt"
    path.write_text("a\nb\nc\n", "utf-8")
    with pytest.raises(ValueError, match="holds no table"):
        ebm.digits_ablation(path)


def test_the_table_of_the_course_has_the_whole_recipe_first():
    table = ebm.digits_ablation()
    assert next(iter(table.rows)) == "the recipe"
    assert "tests/benchmarks/ebm_digits.py" in table.command
    assert {"classes", "distance", "floor", "noisy"} <= set(table.rows["the recipe"])
    assert table.seeds == 3
    assert table.errors["the recipe"]["distance"] == pytest.approx(7.1 / math.sqrt(3))
