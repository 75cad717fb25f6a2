"""A model that is read from a folder or from the Hub: all of its weights, and safetensors only.

The Hub's own mixin would also take a pickle, and weights that are incomplete.
"""

from pathlib import Path
from typing import Any, TypeVar

import torch
from huggingface_hub import PyTorchModelHubMixin, constants, hf_hub_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
from safetensors.torch import load_model
from torch import nn

Model = TypeVar("Model", bound="HubModule")

NOWHERE = (
    "{} is neither a folder here nor a model that can be fetched from the Hub: name one that "
    "train_model.py made."
)
DOWNLOAD_OPTIONS = ("revision", "cache_dir", "force_download", "local_files_only", "token")


class HubModule(nn.Module, PyTorchModelHubMixin):
    """A module whose arguments are the `config.json` beside its weights."""

    @classmethod
    def from_pretrained(
        cls: type[Model], pretrained_model_name_or_path: str | Path, **options: Any
    ) -> Model:
        """The model in a local folder, or in a Hub repository where no such folder exists.

        `options` are the mixin's: revision, token, cache_dir, map_location, ... Raises
        FileNotFoundError where there is no such model or it lacks a file, and what json,
        safetensors and torch raise for a file that is damaged or does not fit.
        """
        try:
            return super().from_pretrained(pretrained_model_name_or_path, **options)
        except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError) as error:
            raise FileNotFoundError(NOWHERE.format(pretrained_model_name_or_path)) from error

    @classmethod
    def _from_pretrained(
        cls: type[Model],
        *,
        model_id: str,
        map_location: str | torch.device = "cpu",
        config: dict[str, Any] | None = None,
        **options: Any,
    ) -> Model:
        """What `from_pretrained` calls once it has read config.json; `config` is None if it could
        not."""
        download = {name: options.pop(name) for name in DOWNLOAD_OPTIONS}
        file = Path(model_id, constants.SAFETENSORS_SINGLE_FILE)
        if config is None:
            lacking = f"{file.with_name(constants.CONFIG_NAME)} is missing."
            raise FileNotFoundError(lacking if file.parent.is_dir() else NOWHERE.format(model_id))
        model = cls(**(config | options))  # an argument that the class does not know is refused
        if not file.parent.is_dir():
            file = Path(hf_hub_download(model_id, file.name, **download))
        load_model(model, file, strict=True)
        return model.to(map_location).eval()
