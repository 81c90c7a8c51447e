"""What CI shows of a session of ``pytest suites/``: one comment that updates itself, a check, annotations, outputs.

``ended`` collects what a session saved; ``spots`` and ``places`` say what went wrong at which line, for ``annotations``
and ``quality``; ``trend`` and ``comment`` write the comment; ``web``, ``github`` and ``gitlab`` send it.
"""
