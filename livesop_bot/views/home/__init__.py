"""App Home, a pure file a tab; `tabs` is the frame around them."""
