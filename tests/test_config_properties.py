"""Whatever is changed in a config: it is refused by name, or its model can be built."""

import hypothesis
from mutations import judge, judge_study, mutants, studies

MANY = dict(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)


@hypothesis.settings(max_examples=200, **MANY)
@hypothesis.given(mutants())
def test_a_changed_config_is_refused_by_name_or_can_be_built(mutant):
    judge(mutant)


@hypothesis.settings(max_examples=100, **MANY)
@hypothesis.given(studies())
def test_a_changed_grid_is_refused_or_its_cells_are_right(study):
    judge_study(*study)
