"""Why an answer is wrong: empty, cut off, a loop, a refusal, a copied prompt, or the wrong language."""
