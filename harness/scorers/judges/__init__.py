"""Rubrics read by a judge model: the rubric's file, the prompt it becomes, the reply it gets, and the score."""
