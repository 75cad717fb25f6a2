"""The page: a Gradio app whose interactive parts are HTML components with their own canvas.

Read it in this order:

    bounds       every limit on what a caller may send
    pictures     data URIs and the pad's pixels become ink
    service      the frozen models, and all that may be asked of them
    api          the named endpoints
    part         a piece of the page: its .html and .js, and the functions its script may call
    atlas        the map of a model with two latent numbers
    draw, sample, interpolate, explore
                 the tabs, each with its .html, .css and .js beside it
    page         everything put together
    gate         what a request must be before Gradio sees it
    hosting      Gradio's settings, ZeroGPU, launching

In the browser, `store.js` holds what belongs to the visitor, `live.js` talks to the server,
`pad.js` draws, `pixels.js` paints grey digits. The server keeps nothing but the frozen models.
"""
