"""Calls of functions: how models write them into text, what a case expects, and whether they match."""
