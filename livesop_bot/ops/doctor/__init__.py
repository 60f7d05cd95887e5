"""The doctor: tries what is set against the services themselves, and says what to do.

Apart from the rest of `ops`, because `livesop run` must not import it: openai alone is 45 MB.
"""
