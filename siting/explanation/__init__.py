"""Why there is no plan, why not this place, what a limit costs: one question a file."""
