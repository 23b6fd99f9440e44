"""The case of a repair: two models, samples, a task, and how they are evaluated."""
