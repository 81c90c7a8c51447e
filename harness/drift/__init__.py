"""`harness drift`: whether inputs, answers and adapter are still what they were at release."""
