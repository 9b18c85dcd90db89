"""Pure functions: (state, what was heard, knowledge) -> Outcome. No input, no output, no clock."""
