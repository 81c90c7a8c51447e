"""``harness doctor``: what fits on this machine and what doesn't, each with its remedy. Nothing is started or fetched.

``examine`` puts the checks together; each of them is a function of plain values.
"""
