"""Training rows that a teacher makes of seeds: asked within a budget, checked, unlike each other, and traced."""
