"""Models the operator added: each in a folder of its own under the data folder, manifest and weights together."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from countenance.core.errors import ModelError, ModelManifestInvalid
from countenance.engine.embedder import OnnxEmbedder
from countenance.engine.manifests import RecogniserManifest, read_manifest
from countenance.engine.model_files import read_verified
from countenance.engine.sessions import RuntimeOptions

MANIFEST_NAME = "manifest.toml"


def added_manifests(data_dir: Path) -> list[RecogniserManifest]:
    """Return the manifests of all added models, by name.

    Raises:
        ModelManifestInvalid: One of them was damaged after it was added.
    """
    return [read_manifest(path) for path in sorted((data_dir / "models").glob(f"*/{MANIFEST_NAME}"))]


def add_model(manifest_path: Path, data_dir: Path) -> RecogniserManifest:
    """Check a model against its manifest, run it once, and copy both into the data folder.

    Raises:
        ModelManifestInvalid: The manifest is incomplete or the file contradicts it.
        ModelUnavailable, ModelDigestMismatch: The file is missing or not the one the manifest names.
        ModelError: The runtime refuses it, or a model of this name is there already.
    """
    manifest = read_manifest(manifest_path)
    data = read_verified(manifest.file)
    folder = data_dir / "models" / manifest.name
    if folder.exists():
        raise ModelError(f"A model called {manifest.name} was added already.", remedy=f"Remove {folder} first.")
    _try_once(manifest)
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".part-"))
    try:
        (part / Path(manifest.file.path).name).write_bytes(data)
        shutil.copyfile(manifest_path, part / MANIFEST_NAME)
        _point_beside(part / MANIFEST_NAME, Path(manifest.file.path).name)
        part.rename(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return replace(manifest, file=replace(manifest.file, path=str(folder / Path(manifest.file.path).name)))


def sha256_of(path: Path) -> str:
    """Return the hex SHA-256 of a file, for writing a manifest."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _try_once(manifest: RecogniserManifest) -> None:
    """Run the model on grey noise: wrong layouts and sizes show now, not at the first search."""
    import numpy as np

    noise = np.random.default_rng(0).integers(
        0, 256, (manifest.input_size_px, manifest.input_size_px, 3), dtype=np.uint8
    )
    embedder = OnnxEmbedder(manifest, Path(), RuntimeOptions())
    if len(embedder.embed([noise])) != 1:
        raise ModelManifestInvalid(f"{manifest.name}: one crop did not give one template.")


def _point_beside(manifest_copy: Path, file_name: str) -> None:
    """Make ``file`` in the copied manifest name the weights that now lie beside it."""
    lines = manifest_copy.read_text(encoding="utf-8").splitlines()
    top = next((i for i, line in enumerate(lines) if line.lstrip().startswith("[")), len(lines))
    for i in range(top):
        if lines[i].split("=")[0].strip() == "file":
            lines[i] = f'file = "{file_name}"'
    manifest_copy.write_text("\n".join(lines) + "\n", encoding="utf-8")
