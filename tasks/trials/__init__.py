"""Many trainings side by side: running them, several at once, and what became of each."""
