"""How answers show themselves in a notebook: words first, tables behind, a map; nothing reaches outside the cell.

Studies and plans live on low floors and know nothing of pages; `register` tells IPython which function here draws which
type, by name, so that nothing is imported before the first is shown.
"""
