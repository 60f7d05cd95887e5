"""The Trust Panel: the modal that answers “why did it do that?”, and why it did not."""
