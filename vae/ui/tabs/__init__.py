"""The tabs, one package each: its Python, markup, style and scripts.

The package NAME has NAME.html, NAME.css, NAME.js, and the class Name that the page makes its panel
of.
"""
