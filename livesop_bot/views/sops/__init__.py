"""SOPs as people edit them: the editor, its forms, what changed, and what was there before."""
