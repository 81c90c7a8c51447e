"""Replicas on a Ray cluster: each is an actor that holds one of the harness's engines; only this process keeps answers.

Here: ``engine`` (what is asked), ``fleet`` (replicas that come and go), ``replica``, ``actor`` and ``connection`` (all that
is said to Ray). On the nodes: ``lane``, and ``shipped`` (models that arrive). Between them: ``sent``. ``alike`` compares.
"""
