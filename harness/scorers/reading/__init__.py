"""How scorers read: the text of an answer, JSON values, what a case expects, and how a scorer is written."""
