"""`harness view`: the page of all runs on this machine, with the runs that are under way, and the reports."""
