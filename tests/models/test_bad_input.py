"""Every wrong, odd and turned file gets a clear error, or decodes to the face it holds."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import GifImagePlugin, Image

from countenance.bootstrap.application import Application
from countenance.cli.exit_codes import exit_code
from countenance.core.errors import FileUnreadable, ImageTooLarge, InputError
from countenance.core.vocabulary import PhotoFaces
from countenance.engine.images import ImageLimits, decode
from countenance.engine.pipeline import FacePipeline
from countenance.service.sources import read_photo
from countenance.settings import Settings
from tests.models.conftest import PHOTOS, cosine
from tests.support import bad_files
from tests.support.bad_files import UNUSABLE, USABLE, oriented, saved
from tests.support.command_line import CommandLine
from tests.support.made_up_calibration import ordinary_calibration

REPOSITORY = Path(__file__).parents[2]
#: The same pixels without their colours are another picture to the network; a grey file is held to the grey original.
GREY = {"grey-jpeg", "grey-png", "grey-png-with-alpha", "16-bit-grey-png"}
#: 255 colours instead of sixteen million: the containers that change the picture itself.
LEAST_COSINE = {
    "palette-png-with-transparency": 0.90,
    "gif": 0.90,
    "animated-gif": 0.90,
    "gif-cut-behind-its-first-picture": 0.90,
}


@pytest.fixture(scope="module")
def upright(engine: FacePipeline, portrait: Image.Image) -> PhotoFaces:
    return engine.read_faces(saved(portrait, "PNG"))


@pytest.fixture(scope="module")
def upright_grey(engine: FacePipeline, portrait: Image.Image) -> PhotoFaces:
    return engine.read_faces(saved(portrait.convert("L").convert("RGB"), "BMP"))


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory, application: Application) -> Path:
    """Return a data folder with a calibration record, so that ``compare`` gets as far as the photos."""
    folder = tmp_path_factory.mktemp("calibrated")
    Application(Settings(data_dir=folder, cache_dir=application.settings.cache_dir)).keep_calibration(
        ordinary_calibration(application.manifest.identity)
    )
    return folder


@pytest.fixture
def countenance(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], cache_dir: Path, data_dir: Path
) -> CommandLine:
    monkeypatch.setenv("COUNTENANCE_CACHE_DIR", str(cache_dir))
    monkeypatch.setenv("COUNTENANCE_DATA_DIR", str(data_dir))
    return CommandLine(monkeypatch, capsys)


@pytest.mark.parametrize("name", USABLE)
def test_every_accepted_container_and_mode_gives_the_face(
    name: str, engine: FacePipeline, portrait: Image.Image, upright: PhotoFaces, upright_grey: PhotoFaces
) -> None:
    found = engine.read_faces(USABLE[name](portrait))
    original = upright_grey if name in GREY else upright
    assert len(found.faces) == 1
    assert (found.photo.width_px, found.photo.height_px) == portrait.size
    assert cosine(found, original) > LEAST_COSINE.get(name, 0.95)
    # Lossy containers move the detector's answer by a pixel or two of a 138-pixel face; a wrong turn moves it by tens.
    assert np.abs(np.subtract(found.faces[0].box, original.faces[0].box)).max() < 4


def test_a_palette_without_transparency_at_full_colour_is_the_same_picture(engine: FacePipeline) -> None:
    # Few enough colours that the palette holds them all: then nothing may change.
    with Image.open(PHOTOS / "p017_probe.jpg") as photo:
        few = photo.convert("RGB").quantize(200)
    assert cosine(engine.read_faces(saved(few, "PNG")), engine.read_faces(saved(few.convert("RGB"), "PNG"))) > 0.9999


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_gives_the_upright_face(
    kind: str, orientation: int, engine: FacePipeline, portrait: Image.Image, upright: PhotoFaces
) -> None:
    found = engine.read_faces(oriented(portrait, kind, orientation))
    assert (found.photo.width_px, found.photo.height_px) == portrait.size
    face, original = found.faces[0], upright.faces[0]
    assert np.abs(np.subtract(face.box, original.box)).max() < 2
    assert np.abs(face.landmarks.as_array() - original.landmarks.as_array()).max() < 2
    assert cosine(found, upright) > 0.98


@pytest.mark.parametrize("orientation", [3, 6, 7])
def test_a_turned_jpeg_decoded_at_reduced_scale_gives_the_upright_face(
    orientation: int, engine: FacePipeline, portrait: Image.Image
) -> None:
    large = portrait.resize((2880, 2160), Image.Resampling.BICUBIC)
    straight = engine.read_faces(oriented(large, "JPEG", 1))
    turned = engine.read_faces(oriented(large, "JPEG", orientation))
    assert (turned.photo.width_px, turned.photo.height_px) == large.size
    assert decode(oriented(large, "JPEG", orientation), ImageLimits()).reduction == 2
    assert np.abs(np.subtract(turned.faces[0].box, straight.faces[0].box)).max() < 12  # 2 px of the 480-pixel photo
    assert cosine(turned, straight) > 0.98


def test_an_orientation_that_does_not_exist_is_passed_over(engine: FacePipeline, portrait: Image.Image) -> None:
    exif = Image.Exif()
    exif[0x0112] = 9
    assert decode(saved(portrait, "JPEG", exif=exif), ImageLimits()).photo.width_px == portrait.width


@pytest.mark.parametrize("name", UNUSABLE)
def test_every_unusable_file_gets_its_error_with_a_remedy(
    name: str, engine: FacePipeline, portrait: Image.Image
) -> None:
    build, code = UNUSABLE[name]
    with pytest.raises(InputError) as caught:
        engine.read_faces(build(portrait))
    assert caught.value.code == code
    assert caught.value.message.endswith(".")
    assert caught.value.remedy.endswith(".")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF", "HEIC"])
def test_a_file_cut_anywhere_or_with_flipped_bits_is_refused_or_decoded_but_nothing_else(
    kind: str, portrait: Image.Image
) -> None:
    chance = np.random.default_rng(11)
    small = portrait.resize((96, 72))
    whole = bad_files.heic(small) if kind == "HEIC" else saved(small, kind)
    for _ in range(40):
        damaged = bytearray(whole[: int(chance.integers(1, len(whole)))] if chance.random() < 0.5 else whole)
        for _ in range(int(chance.integers(0, 20))):
            damaged[int(chance.integers(0, len(damaged)))] ^= 1 << int(chance.integers(0, 8))
        try:
            decoded = decode(bytes(damaged), ImageLimits(max_pixels=1_000_000))
        except InputError:
            continue
        assert decoded.image_rgb.dtype == np.uint8
        assert decoded.image_rgb.ndim == 3


def test_the_content_decides_the_format_not_the_name(
    countenance: CommandLine, portrait: Image.Image, tmp_path: Path
) -> None:
    (tmp_path / "really-a-png.jpg").write_bytes(saved(portrait, "PNG"))
    run = countenance("detect", tmp_path / "really-a-png.jpg", "--json")
    assert run.code == 0
    assert run.document["photos"][0]["photo"]["format"] == "PNG"
    assert len(run.document["photos"][0]["faces"]) == 1


def test_a_real_bomb_is_refused_from_its_header(engine: FacePipeline) -> None:
    bomb = bad_files.one_colour_png(20_000)
    assert len(bomb) < 3_000_000
    with pytest.raises(ImageTooLarge, match="20000 × 20000"):
        engine.read_faces(bomb)


def test_of_a_film_only_the_first_picture_is_decoded(portrait: Image.Image, monkeypatch: pytest.MonkeyPatch) -> None:
    first = saved(portrait, "GIF")
    # A picture of the whole screen in eleven bytes: eight thousand of them would be 1.4 gigapixels.
    another = b"," + struct.pack("<HHHHB", 0, 0, *portrait.size, 0) + b"\x02\x02\x44\x01\x00"
    film = first.removesuffix(b";") + another * 8_000 + b";"
    sought: list[int] = []
    seek = GifImagePlugin.GifImageFile._seek

    def counted(self: Any, frame: int, *more: Any) -> None:
        sought.append(frame)
        seek(self, frame, *more)

    monkeypatch.setattr(GifImagePlugin.GifImageFile, "_seek", counted)
    decoded = decode(film, ImageLimits(max_pixels=portrait.width * portrait.height))
    assert decoded.photo.format == "GIF"
    assert np.array_equal(decoded.image_rgb, decode(first, ImageLimits()).image_rgb)
    assert set(sought) == {0}


def test_a_picture_within_the_limit_but_beyond_pillows_own_is_decoded_without_a_warning() -> None:
    # 90.25 megapixels; Pillow would warn at 89.5 and refuse at 179, whatever the settings say.
    decoded = decode(bad_files.one_colour_png(9500), ImageLimits())
    assert decoded.image_rgb.shape == (9500, 9500, 3)
    with pytest.raises(ImageTooLarge):
        decode(bad_files.one_colour_png(9500), ImageLimits(max_pixels=90_000_000))


def test_the_limits_of_the_settings_are_kept(application: Application, portrait: Image.Image) -> None:
    data = saved(portrait, "JPEG")
    folders = {"data_dir": application.settings.data_dir, "cache_dir": application.settings.cache_dir}
    exact = Application(Settings(**folders, max_image_bytes=len(data), max_image_pixels=480 * 360))
    assert len(exact.interactive_engine.read_faces(data).faces) == 1
    with pytest.raises(ImageTooLarge, match="bytes"):
        Application(Settings(**folders, max_image_bytes=len(data) - 1)).interactive_engine.read_faces(data)
    with pytest.raises(ImageTooLarge, match="pixels"):
        Application(Settings(**folders, max_image_pixels=480 * 360 - 1)).interactive_engine.read_faces(data)


def test_what_is_not_a_readable_file_is_named_and_never_waited_for(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="directory"):
        read_photo(tmp_path)
    with pytest.raises(FileUnreadable, match="no such file"):
        read_photo(tmp_path / "missing.jpg")
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    with pytest.raises(FileUnreadable):
        read_photo(tmp_path / "loop.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(FileUnreadable, match="not a file"):
        read_photo(tmp_path / "pipe.jpg")
    with (tmp_path / "film.jpg").open("wb") as film:
        film.truncate(2 << 30)  # a hole: takes no space
    with pytest.raises(ImageTooLarge, match="2,147,483,648 bytes"):
        read_photo(tmp_path / "film.jpg")


def test_a_file_without_permission_is_reported_by_the_command_line(portrait: Image.Image, cache_dir: Path) -> None:
    # Root reads everything, so the process gives up root once all it needs is loaded. Not in pytest's own temporary
    # folder, which only its owner may enter: the file's mode has to be what refuses.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        for name, mode in (("open.png", 0o644), ("locked.png", 0o000)):
            (Path(folder) / name).write_bytes(saved(portrait, "PNG"))
            (Path(folder) / name).chmod(mode)
        program = (
            "import os, sys\n"
            "from countenance.cli.main import app, main\n"
            "app(['detect', sys.argv[1] + '/open.png'], standalone_mode=False)\n"
            "from countenance.cli import photos\n"
            "ready = photos.application()\n"
            "ready.interactive_engine\n"
            "photos.application = lambda **_: ready\n"
            "if os.geteuid() == 0:\n"
            "    for path in [sys.argv[1], *(entry.path for entry in os.scandir(sys.argv[1]))]:\n"
            "        if not path.endswith('.png'): os.chown(path, 65534, 65534)\n"
            "    os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
            "sys.argv = ['countenance', 'detect', sys.argv[1] + '/open.png', sys.argv[1] + '/locked.png', '--json']\n"
            "main()\n"
        )
        environment = {
            **os.environ,
            "PYTHONPATH": str(REPOSITORY / "src"),
            "COUNTENANCE_CACHE_DIR": str(cache_dir),
            "COUNTENANCE_DATA_DIR": folder,
        }
        command = [sys.executable, "-W", "error", "-c", program, folder]
        run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert run.stderr == ""
    assert run.returncode == 1
    assert '"code": "file_unreadable"' in run.stdout
    assert "permission denied" in run.stdout
    assert '"detector_score"' in run.stdout


def test_detect_names_every_unusable_file_and_still_shows_the_usable_one(
    countenance: CommandLine, portrait: Image.Image, tmp_path: Path
) -> None:
    for name, (build, _) in UNUSABLE.items():
        (tmp_path / f"{name}.jpg").write_bytes(build(portrait))
    bad = [tmp_path / f"{name}.jpg" for name in UNUSABLE]
    (tmp_path / "good.jpg").write_bytes(saved(portrait, "JPEG"))
    run = countenance("detect", *bad, "--json")
    assert run.code == 3
    assert [item["code"] for item in run.document["failed"]] == [code for _, code in UNUSABLE.values()]
    assert all(item["remedy"] for item in run.document["failed"])
    run = countenance("detect", *bad, tmp_path / "good.jpg")
    assert run.code == 1
    assert all(f"{name}.jpg:" in run.err for name in UNUSABLE)
    assert "good.jpg" in run.out


@pytest.mark.parametrize("name", UNUSABLE)
def test_compare_refuses_each_unusable_file_with_a_json_error(
    name: str, countenance: CommandLine, portrait: Image.Image, tmp_path: Path
) -> None:
    build, code = UNUSABLE[name]
    (tmp_path / "bad.jpg").write_bytes(build(portrait))
    (tmp_path / "good.jpg").write_bytes(saved(portrait, "JPEG"))
    run = countenance("compare", tmp_path / "good.jpg", tmp_path / "bad.jpg", "--json")
    assert run.code == 3
    assert run.document["error"]["code"] == code
    assert run.err == ""


def test_an_error_in_words_stands_on_stderr_with_its_code_and_remedy(
    countenance: CommandLine, portrait: Image.Image, tmp_path: Path
) -> None:
    (tmp_path / "bad.jpg").write_bytes(bad_files.truncated(portrait, "JPEG"))
    run = countenance("compare", tmp_path / "bad.jpg", tmp_path / "bad.jpg")
    assert run.code == 3
    assert run.out == ""
    assert "[image_unreadable]" in run.err
    assert "What to do:" in run.err


def test_a_directory_or_a_missing_file_is_refused_by_both_commands(
    countenance: CommandLine, portrait: Image.Image, tmp_path: Path
) -> None:
    (tmp_path / "good.jpg").write_bytes(saved(portrait, "JPEG"))
    for wrong in (tmp_path, tmp_path / "missing.jpg"):
        assert countenance("detect", wrong).code == 3
        run = countenance("compare", tmp_path / "good.jpg", wrong, "--json")
        assert run.code == exit_code(FileUnreadable("")) == 3
        assert run.document["error"]["code"] == "file_unreadable"


def test_a_file_name_that_is_not_utf8_is_printed_with_escapes(
    countenance: CommandLine, portrait: Image.Image, tmp_path: Path
) -> None:
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.jpg")
    Path(odd).write_bytes(saved(portrait, "JPEG"))
    assert countenance("detect", odd).code == 0
    assert countenance("detect", odd, "--json").document["photos"][0]["file"] == odd
    assert countenance("detect", odd + ".missing").code == 3


def test_several_faces_where_one_is_needed_are_listed_and_can_be_chosen_from(
    countenance: CommandLine, portrait: Image.Image, tmp_path: Path
) -> None:
    with Image.open(PHOTOS / "p005_reference.jpg") as other:
        pair = Image.new("RGB", (720, 360))
        pair.paste(portrait, (0, 0))
        pair.paste(other.resize((240, 240)), (480, 60))
    pair.save(tmp_path / "pair.png")
    portrait.save(tmp_path / "one.png")
    run = countenance("compare", tmp_path / "pair.png", tmp_path / "one.png", "--json")
    assert run.code == 3
    assert run.document["error"]["code"] == "several_faces"
    assert len(run.document["error"]["boxes_xywh_px"]) == 2
    run = countenance("compare", tmp_path / "pair.png", tmp_path / "one.png", "--face-a", "1", "--json")
    assert run.code == 0
    assert run.document["result"]["similarity"] > 0.95
    assert "vector" not in run.out
    run = countenance("compare", tmp_path / "pair.png", tmp_path / "one.png", "--face-a", "2", "--exit-code")
    assert run.code == 10
    assert countenance("compare", tmp_path / "pair.png", tmp_path / "one.png", "--face-a", "3").code == 3


def test_a_photo_of_nobody_is_an_answer_not_an_error(
    countenance: CommandLine, portrait: Image.Image, tmp_path: Path
) -> None:
    Image.new("RGB", (400, 300), "white").save(tmp_path / "blank.png")
    portrait.save(tmp_path / "one.png")
    assert countenance("detect", tmp_path / "blank.png", "--json").document["photos"][0]["faces"] == []
    run = countenance("compare", tmp_path / "blank.png", tmp_path / "one.png", "--json")
    assert run.code == 0
    assert run.document["result"]["outcome"] == "no face"
    assert run.document["result"]["similarity"] is None


def test_python_dash_m_refuses_a_text_without_a_traceback(tmp_path: Path, cache_dir: Path) -> None:
    (tmp_path / "text.jpg").write_bytes(bad_files.text_file())
    environment = {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY / "src"),
        "COUNTENANCE_CACHE_DIR": str(cache_dir),
        "COUNTENANCE_DATA_DIR": str(tmp_path),
    }
    command = [sys.executable, "-W", "error", "-m", "countenance", "detect", "text.jpg"]
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 3
    assert "Traceback" not in run.stderr
    assert "not a picture in an accepted format" in " ".join(run.stderr.split())
