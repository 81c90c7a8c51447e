"""``--until-decided``: what one candidate was asked so far, what is decided by it, and what is asked next.

Cases are asked in batches, in an order fixed beforehand. After each batch a gate is decided or its test waits for the
next batch, as tests wait for their judges (``postponed``); a test runs anew then, over more cases. See
docs/until-decided.md.
"""
