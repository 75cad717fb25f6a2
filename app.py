"""Serve the page.

python app.py                        on the best device of this machine
python app.py --port 8000 --device cpu
"""

import vae  # noqa: F401, before the rest: it refuses a Python or a torch that is too old

# isort: split
from pathlib import Path

import click

from vae import console, device
from vae.ui.server import environment


@click.command()
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help="Where to serve (default: Gradio's choice, 7860 or near it).",
)
@click.option("--share", is_flag=True, help="Also make a public link, through Gradio's servers.")
@click.option("--device", "place", type=click.Choice(device.NAMES), default="auto")
@click.option(
    "--weights",
    type=click.Path(path_type=Path),
    default=Path(__file__).parent / "weights",
    metavar="FOLDER",
    help="The folder of weights folders (default: weights).",
)
def main(port: int | None, share: bool, place: str, weights: Path) -> None:
    """Serve the page: draw, sample, interpolate."""
    console.print_anything()
    try:
        environment.prepare(share)
        host, port = environment.address(port)
        serve(place, weights, server_name=host, server_port=port, share=share)
    except (device.DeviceUnavailable, environment.Unavailable) as error:
        raise click.ClickException(str(error)) from None
    except KeyboardInterrupt:  # pressed before Gradio waits for it
        click.echo("Stopped.")


def serve(place: str, weights: Path, **options: object) -> None:
    """Load the models and serve them; `options` are Gradio's. Raises Unavailable."""
    # Gradio reads the environment when it is imported.
    from vae.ui import page
    from vae.ui.server import models, zerogpu
    from vae.ui.server.service import Service

    # ZeroGPU lends its GPU by the call: the page itself runs on the CPU.
    target = device.choose("cpu" if zerogpu.ACTIVE else place)
    shown, complaints = models.load(weights)
    for complaint in complaints:
        click.echo(f"Left out: {complaint}", err=True)
    click.echo(f"Device: {target}. Models: {', '.join(shown.names)}.")
    page.launch(Service(shown, target), **options)


if __name__ == "__main__":
    main()
