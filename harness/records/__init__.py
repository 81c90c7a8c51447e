"""The frozen records that everything passes around: what is asked, scored, compared and saved.

A scorer's author needs three of them: ``Case`` from ``asked``, ``Response`` from ``answered``, ``Score`` from
``scored``. The others hold what the machinery passes on: ``compared`` (comparison, gate, verdict), ``saved`` (a run
folder), ``record`` (the base type).
"""
