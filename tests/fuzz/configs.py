"""Configs and grids: what is changed is refused by name, or a model can be built."""

from mutations import Mutant, judge, judge_study, mutants, studies

ERRORS = (ValueError,)
INPUTS = mutants() | studies()


def check(changed: Mutant | tuple) -> None:
    is_mutant = isinstance(changed, Mutant)
    how = judge(changed) if is_mutant else judge_study(*changed)
    if how == "refused":
        raise ValueError
