"""Replicas on a Ray cluster: each is an actor that holds one of the harness's engines; only this process keeps answers.

Here are ``engine`` (what is asked), ``fleet`` (replicas that come and go), ``replica``, and what is said to Ray:
``connection``, ``room``, ``actor``. On the nodes are ``lane``, and ``shipped`` (models that arrive). Between them is
``sent``.
"""
