"""A model from outside: added with a manifest that must say everything, or refused with the reason."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from countenance.bootstrap.application import Application
from countenance.core.comparison import similarity
from countenance.core.errors import (
    ModelDigestMismatch,
    ModelError,
    ModelManifestInvalid,
    ModelMismatch,
    ModelUnavailable,
)
from countenance.engine.added_models import MANIFEST_NAME, add_model, added_manifests, sha256_of
from countenance.engine.manifests import SFACE, RecogniserManifest, read_manifest
from countenance.engine.pipeline import FacePipeline
from countenance.settings import Settings
from tests.models.conftest import PHOTOS
from tests.support.bad_files import saved

MANIFEST = """\
name = "tiny"
title = "A small network with random weights"
file = "tiny.onnx"
sha256 = "{sha256}"
dimension = 64

[input]
size_px = 112
colour_order = "rgb"
mean = 127.5
scale = 0.0078125

[alignment]
template = "arcface-112"

[licence]
weights = "CC0-1.0"
may_sell = "yes"
training_data = "None: the weights are random."
source = "made by this test"
"""


def tiny_model(*, batch: int | str = "batch", size: int = 112, dimension: int = 64, outputs: int = 1) -> bytes:
    """Return an ArcFace-like network: convolution, global pooling, fully connected layer."""
    chance = np.random.default_rng(9)
    weights = [
        numpy_helper.from_array(chance.standard_normal((16, 3, 7, 7)).astype(np.float32) / 12, "kernel"),
        numpy_helper.from_array(chance.standard_normal((16, dimension)).astype(np.float32), "full"),
        numpy_helper.from_array(chance.standard_normal(dimension).astype(np.float32) / 10, "bias"),
    ]
    nodes = [
        helper.make_node("Conv", ["data", "kernel"], ["maps"], kernel_shape=[7, 7], strides=[4, 4]),
        helper.make_node("Relu", ["maps"], ["positive"]),
        helper.make_node("GlobalAveragePool", ["positive"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("Gemm", ["flat", "full", "bias"], ["embedding"]),
    ]
    taken = helper.make_tensor_value_info("data", TensorProto.FLOAT, [batch, 3, size, size])
    names = ["embedding", "flat"][:outputs]
    given = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [batch, width])
             for name, width in zip(names, (dimension, 16), strict=False)]  # fmt: skip
    graph = helper.make_graph(nodes, "tiny", [taken], given, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def write(folder: Path, model: bytes | None = None, **changes: str) -> Path:
    """Write a model with its manifest, with lines of the manifest replaced (an empty text removes one)."""
    data = tiny_model() if model is None else model
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tiny.onnx").write_bytes(data)
    lines = MANIFEST.format(sha256=hashlib.sha256(data).hexdigest()).splitlines()
    for field, line in changes.items():
        matching = [number for number, have in enumerate(lines) if have.split("=")[0].strip() == field]
        assert len(matching) == 1
        lines[matching[0]] = line
    path = folder / "made-by-me.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def settings(tmp_path: Path, cache_dir: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", cache_dir=cache_dir, model="tiny")


@pytest.mark.parametrize("batch", ["batch", 1])
def test_an_added_model_makes_templates_of_its_own(
    batch: int | str, settings: Settings, tmp_path: Path, portrait: Image.Image
) -> None:
    made = add_model(write(tmp_path / "in", tiny_model(batch=batch)), settings.data_dir)
    # The folder it came from may go: both files were copied.
    (tmp_path / "in" / "tiny.onnx").unlink()
    app = Application(settings)
    assert app.manifest.identity == made.identity
    assert not app.manifest.built_in
    assert app.manifest.licence.training_data.startswith("None")
    pair = Image.new("RGB", (960, 360))
    pair.paste(portrait, (0, 0))
    pair.paste(portrait.transpose(Image.Transpose.FLIP_LEFT_RIGHT), (480, 0))
    faces = app.interactive_engine.read_faces(saved(pair, "PNG")).faces
    templates = [face.template for face in faces]
    assert len(templates) == 2
    assert all(one is not None and one.vector.shape == (64,) and one.model == made.identity for one in templates)


def test_the_templates_are_those_of_the_network_itself(
    settings: Settings, tmp_path: Path, portrait: Image.Image
) -> None:
    import onnxruntime

    add_model(write(tmp_path / "in"), settings.data_dir)
    (face,) = Application(settings).interactive_engine.read_faces(saved(portrait, "PNG"), crops=True).faces
    assert face.aligned_rgb is not None
    assert face.template is not None
    blob = (face.aligned_rgb.astype(np.float32).transpose(2, 0, 1)[None] - 127.5) * 0.0078125
    session = onnxruntime.InferenceSession(tiny_model(), providers=["CPUExecutionProvider"])
    raw = session.run(None, {"data": blob})[0][0]
    assert np.allclose(face.template.vector, raw / np.linalg.norm(raw), atol=1e-5)


def test_its_templates_never_meet_those_of_another_model(
    settings: Settings, tmp_path: Path, engine: FacePipeline
) -> None:
    add_model(write(tmp_path / "in"), settings.data_dir)
    photo = (PHOTOS / "p005_reference.jpg").read_bytes()
    mine = Application(settings).interactive_engine.read_faces(photo).faces[0].template
    theirs = engine.read_faces(photo).faces[0].template
    assert mine is not None
    assert theirs is not None
    for first, second in ((mine, theirs), (theirs, mine)):
        with pytest.raises(ModelMismatch, match="tiny@"):
            similarity(first, second)


@pytest.mark.parametrize(
    ("field", "line"),
    [
        ("size_px", "size_px = 128"),
        ("colour_order", 'colour_order = "bgr"'),
        ("mean", "mean = 0.0"),
        ("scale", "scale = 1.0"),
        ("dimension", "dimension = 65"),
        ("sha256", 'sha256 = "' + "0" * 64 + '"'),
    ],
)
def test_every_field_that_changes_a_template_changes_the_identity(field: str, line: str, tmp_path: Path) -> None:
    before = read_manifest(write(tmp_path / "a"))
    after = read_manifest(write(tmp_path / "b", **{field: line}))
    assert before.identity.digest != after.identity.digest


@pytest.mark.parametrize(
    ("field", "line"),
    [
        ("title", 'title = "Another title"'),
        ("name", 'name = "other"'),
        ("source", 'source = "elsewhere"'),
        ("may_sell", 'may_sell = "no"'),
    ],
)
def test_words_for_people_do_not_change_the_identity(field: str, line: str, tmp_path: Path) -> None:
    before: RecogniserManifest = read_manifest(write(tmp_path / "a"))
    assert before.identity.digest == read_manifest(write(tmp_path / "b", **{field: line})).identity.digest


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": ""}, "the field title is missing"),
        ({"mean": ""}, "the field input.mean is missing"),
        ({"weights": ""}, "the field licence.weights is missing"),
        ({"[alignment]": "", "template": ""}, "alignment"),
        ({"title": 'title = "x"\ncolour = "red"'}, "unknown field colour"),
        ({"mean": "mean = 0\nstd = 1"}, "unknown field input.std"),
        ({"dimension": 'dimension = "64"'}, "dimension has the wrong type"),
        ({"dimension": "dimension = true"}, "dimension has the wrong type"),
        ({"dimension": "dimension = 1"}, "at least 2"),
        ({"size_px": "size_px = 112.0"}, "input.size_px has the wrong type"),
        ({"size_px": "size_px = 8"}, "at least 16"),
        ({"scale": "scale = 0"}, "not zero"),
        ({"colour_order": 'colour_order = "grb"'}, "'rgb' or 'bgr'"),
        ({"template": 'template = "own"'}, "arcface-112"),
        ({"may_sell": 'may_sell = "perhaps"'}, "one of yes, no"),
        ({"name": 'name = "../tiny"'}, "a-z"),
        ({"name": 'name = "sface"'}, "taken by a built-in"),
        ({"name": "name = "}, "not TOML"),
    ],
)
def test_a_manifest_that_leaves_something_open_is_refused(
    changes: dict[str, str], words: str, settings: Settings, tmp_path: Path
) -> None:
    with pytest.raises(ModelManifestInvalid, match=words):
        add_model(write(tmp_path / "in", **changes), settings.data_dir)
    assert added_manifests(settings.data_dir) == []


@pytest.mark.parametrize(
    ("model", "changes", "words"),
    [
        (tiny_model(dimension=32), {}, "gives 32 numbers"),
        (tiny_model(), {"dimension": "dimension = 128"}, "gives 64 numbers"),
        (tiny_model(size=96), {}, "the file takes"),
        (tiny_model(outputs=2), {}, "2 outputs"),
    ],
)
def test_a_file_that_contradicts_its_manifest_is_refused(
    model: bytes, changes: dict[str, str], words: str, settings: Settings, tmp_path: Path
) -> None:
    with pytest.raises(ModelManifestInvalid, match=words):
        add_model(write(tmp_path / "in", model, **changes), settings.data_dir)
    assert not (settings.data_dir / "models").exists()


def test_a_wrong_digest_a_missing_file_and_a_file_that_is_no_model_are_refused(
    settings: Settings, tmp_path: Path
) -> None:
    with pytest.raises(ModelDigestMismatch):
        add_model(write(tmp_path / "a", sha256='sha256 = "' + "0" * 64 + '"'), settings.data_dir)
    manifest = write(tmp_path / "b")
    (tmp_path / "b" / "tiny.onnx").unlink()
    with pytest.raises(ModelUnavailable):
        add_model(manifest, settings.data_dir)
    with pytest.raises(ModelError, match="ONNX Runtime refuses"):
        add_model(write(tmp_path / "c", b"not a model"), settings.data_dir)
    with pytest.raises(ModelManifestInvalid, match="cannot be read"):
        add_model(tmp_path / "missing.toml", settings.data_dir)
    assert added_manifests(settings.data_dir) == []


def test_a_name_is_taken_once_and_the_stored_file_is_checked_at_every_load(settings: Settings, tmp_path: Path) -> None:
    manifest = write(tmp_path / "in")
    made = add_model(manifest, settings.data_dir)
    with pytest.raises(ModelError, match="added already"):
        add_model(manifest, settings.data_dir)
    stored = Path(made.file.path)
    assert sha256_of(stored) == made.file.sha256
    assert sorted(path.name for path in stored.parent.iterdir()) == [MANIFEST_NAME, "tiny.onnx"]
    stored.write_bytes(stored.read_bytes()[:-1] + b"\0")
    with pytest.raises(ModelDigestMismatch):
        Application(settings).engine()


def test_the_built_in_identity_is_the_one_that_calibrations_and_galleries_were_made_with() -> None:
    # Changes only together with every stored template's meaning: a new value here needs a line in the changelog.
    assert SFACE.identity.digest == "ff958193f6dab9d924021d77662738a0d12d9ab70634eb6468da6a8185d0b1e0"
