"""The page: a Gradio app whose interactive parts are HTML components with their own canvas.

    server/      what answers: the models on show, the limits on callers, the named endpoints, the
                 gate before Gradio, hosting
    part         a piece of the page: its element, its script, the functions its script may call
    client/      the scripts and styles that all tabs share
    masthead/    title, model picker, tabs, link
    tabs/        one package a tab, with its markup, style and scripts
    page         everything put together
    files        the page's modules, served; gradio_files: Gradio's own, compressed once
    theme        Gradio's theme in the page's colours

The server keeps nothing but the frozen models and what is computed from them once. What belongs to
a visitor lives in that visitor's page, so any replica can answer any request.
"""
