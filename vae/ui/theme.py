"""Gradio's own look, in the page's colours; style.css has the rest and the same colours."""

import gradio as gr

SANS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "Liberation Sans"]
MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Liberation Mono", "monospace"]

PAPER, PAPER_DARK = "#f7f4ee", "#14130f"
INK, INK_DARK = "#1d1b16", "#ece7db"
ACCENT, ACCENT_DARK = "#b3361b", "#ff8a65"


def theme() -> gr.themes.Base:
    """Warm paper, near-black ink, one vermilion accent; no fonts from the network."""
    return gr.themes.Base(
        font=[*SANS, "sans-serif"], font_mono=MONO, primary_hue="orange", neutral_hue="stone"
    ).set(
        body_background_fill=PAPER,
        body_background_fill_dark=PAPER_DARK,
        body_text_color=INK,
        body_text_color_dark=INK_DARK,
        background_fill_primary=PAPER,
        background_fill_primary_dark=PAPER_DARK,
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_padding="0px",
        color_accent=ACCENT,
        link_text_color=ACCENT,
        link_text_color_dark=ACCENT_DARK,
    )
