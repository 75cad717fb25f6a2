"""The tabs, one package each: its Python, markup, style and scripts."""
