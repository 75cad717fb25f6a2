"""Why a drawing or a picture cannot be used, in one sentence each."""


class NothingDrawn(ValueError):
    """The drawing is empty, or only a speck: there is nothing to encode."""

    def __init__(self, sentence: str = "Nothing is drawn yet: draw a digit, as large as you like."):
        super().__init__(sentence)


class NoDigitFound(NothingDrawn):
    """Nothing in the picture stands out from its paper as a digit would."""

    def __init__(self) -> None:
        super().__init__("Nothing drawn was found in this picture: crop the picture to the digit.")


class UnreadableImage(ValueError):
    """The picture cannot be turned into ink: too large, broken, or of an unknown kind."""
