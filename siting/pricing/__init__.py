"""A bound over every candidate, in closed form: multipliers in, a number that no plan of the problem undercuts out."""

from siting.pricing.bound import Bound, bound_over_all
from siting.pricing.multipliers import Multipliers
from siting.pricing.places import Prices, bound_of
from siting.pricing.scope import parts_without_price
from siting.pricing.weights import in_pass

__all__ = ["Bound", "Multipliers", "Prices", "bound_of", "bound_over_all", "in_pass", "parts_without_price"]
