"""ONNX Runtime sessions: providers, threads, and what actually runs.

Inference is float32 on the CPU provider unless another provider is asked for by name; a provider that is asked for and
not there is an error, never a silent step down.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from countenance.core.errors import ModelError, ModelUnavailable
from countenance.core.vocabulary import FloatArray

if TYPE_CHECKING:
    import onnxruntime

CPU_PROVIDER = "CPUExecutionProvider"


@dataclass(frozen=True, slots=True)
class RuntimeOptions:
    """How inference runs; none of it changes what a template means.

    Attributes:
        threads: Threads inside one inference; 0 means one a core. Use 1 when several photos run at once.
        provider: ONNX Runtime execution provider.
    """

    threads: int = 0
    provider: str = CPU_PROVIDER


def available_providers() -> list[str]:
    """Return the execution providers of the installed ONNX Runtime."""
    import onnxruntime

    return list(onnxruntime.get_available_providers())


class ModelSession:
    """One loaded model with a single image input. Safe for several threads."""

    def __init__(self, model: bytes, options: RuntimeOptions) -> None:
        """Load the model.

        Raises:
            ModelUnavailable: The provider is not part of the installed ONNX Runtime.
            ModelError: The runtime refuses the model.
        """
        import onnxruntime

        if options.provider not in onnxruntime.get_available_providers():
            raise ModelUnavailable(
                f"ONNX Runtime here has no {options.provider}.",
                remedy=f"Choose one of: {', '.join(onnxruntime.get_available_providers())}.",
            )
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = options.threads or cores()
        settings.inter_op_num_threads = 1
        # Spinning threads burn a core between photos; the wait they save is microseconds.
        settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # Keeps idle memory to what the weights need; the arena would hold the largest photo ever seen.
        settings.enable_cpu_mem_arena = False
        settings.log_severity_level = 3
        try:
            self._session: onnxruntime.InferenceSession = onnxruntime.InferenceSession(
                model, settings, providers=[options.provider]
            )
        except Exception as error:  # onnxruntime raises unrelated classes, all from its C++ side
            raise ModelError(f"ONNX Runtime refuses the model: {error}") from error
        self._input = self._session.get_inputs()[0].name
        self._outputs = [item.name for item in self._session.get_outputs()]

    @property
    def input_shape(self) -> tuple[int | str, ...]:
        """Return the declared shape of the input; a string names a free dimension."""
        return tuple(self._session.get_inputs()[0].shape)

    @property
    def output_shapes(self) -> dict[str, tuple[int | str, ...]]:
        """Return the declared shapes of the outputs by name."""
        return {item.name: tuple(item.shape) for item in self._session.get_outputs()}

    @property
    def provider(self) -> str:
        """Return the provider in use."""
        return str(self._session.get_providers()[0])

    def run(self, blob: FloatArray) -> dict[str, FloatArray]:
        """Return the outputs by name for one float32 input array."""
        values = self._session.run(self._outputs, {self._input: blob})
        return dict(zip(self._outputs, values, strict=True))


def cores() -> int:
    """Return the cores this process may use."""
    # The affinity mask, not the machine: a container may be given two cores of sixty-four.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
