"""The worker: takes jobs from the queue, judges signals, and answers in their threads."""
