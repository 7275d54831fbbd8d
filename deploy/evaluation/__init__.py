"""How good a bundle is, against labels, against the champion, and against nets that learn one head alone."""
