"""Plans for people: one HTML page, a short table in the terminal. Imported late: drawing libraries are heavy."""
