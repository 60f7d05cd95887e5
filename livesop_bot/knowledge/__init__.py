"""Knowledge: documents read and cut, found again by words and by meaning."""
