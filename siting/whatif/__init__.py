"""One study, many plans: variations, sweeps, comparisons, and what is safe to decide."""
