"""From words as a transcript writes them to words as somebody says them, and back."""
