"""What the planner wrote: one TOML file as a frozen, fully validated model. The field docstrings are the manual."""

from siting.study.root import Study
from siting.study.toml import read_study, show_study

__all__ = ["Study", "read_study", "show_study"]
