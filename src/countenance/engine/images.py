"""Encoded bytes in, upright RGB pixels out, within limits.

Rules kept here:

- The content decides the format, never the file name.
- Bytes and pixels are checked against the limits from the header, before any pixel is decoded.
- The EXIF orientation is always applied: everything after this module sees upright pixels.
- One picture a file: an animation or a multi-page file is refused, not sampled. A GIF is the exception, since whatever
  takes one takes its first picture; the others are not looked at, so they cost nothing.
- Large JPEGs are decoded at 1/2, 1/4 or 1/8 scale (in the DCT, so it is cheap); ``finer`` decodes again when a face
  turns out too small for what its template needs.
- Damage is an error. A truncated JPEG does not become a grey-bottomed face.
"""

from __future__ import annotations

import hashlib
import io
import struct
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import simplejpeg
from PIL import (  # the plugins register their formats; Pillow would load some of them only after a first failure
    AvifImagePlugin,  # noqa: F401
    BmpImagePlugin,  # noqa: F401
    GifImagePlugin,  # noqa: F401
    Image,
    ImageFile,
    ImageOps,
    JpegImagePlugin,  # noqa: F401
    MpoImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    TiffImagePlugin,  # noqa: F401
    WebPImagePlugin,  # noqa: F401
)

from countenance.core.errors import ImageFormatUnsupported, ImageTooLarge, ImageUnreadable
from countenance.core.vocabulary import ImageArray, Photo

#: Formats by Pillow's name. MPO, a JPEG with a second picture behind it as many phones write it, is opened as "JPEG":
#: Pillow has no opener of that name.
PILLOW_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP", "GIF")
#: Formats of which the first picture counts. Source: Face API reference, Detect: "GIF (the first frame)".
_FIRST_COUNTS = frozenset({"JPEG", "GIF"})
#: Long side, in pixels, that a reduced JPEG decode keeps at least: twice the detector's main level, so that detection
#: is unharmed and most faces need no second decode.
REDUCED_LONG_SIDE_PX = 1280
_EXIF_ORIENTATION = 0x0112
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


#: What Pillow's plugins raise on damaged data. A warning is raised only where warnings are errors.
_DAMAGE = (
    OSError, SyntaxError, ValueError, EOFError, ArithmeticError, TypeError, LookupError, RuntimeError, struct.error,
    UserWarning,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """What is accepted before decoding.

    Attributes:
        max_bytes: Size of the encoded file.
        max_pixels: Width times height.
    """

    max_bytes: int = 50_000_000
    max_pixels: int = 100_000_000


@dataclass(frozen=True, slots=True, eq=False)
class DecodedPhoto:
    """Upright pixels, possibly at reduced scale.

    Attributes:
        photo: Facts about the file; its width and height are those of the full resolution.
        image_rgb: uint8, height × width × 3, upright.
        reduction: 1, 2, 4 or 8: how many source pixels one pixel of ``image_rgb`` stands for, each way.
    """

    photo: Photo
    image_rgb: ImageArray = field(repr=False)
    reduction: int
    _data: bytes = field(repr=False)
    _orientation: int = 1

    def finer(self, reduction: int) -> DecodedPhoto:
        """Return the same photo decoded with at most this reduction; itself if it is that fine already."""
        if reduction >= self.reduction:
            return self
        image = _decode_jpeg(self._data, self.photo, self._orientation, reduction)
        return replace(self, image_rgb=image, reduction=reduction)


def decode(data: bytes, limits: ImageLimits) -> DecodedPhoto:
    """Return upright RGB pixels of an encoded photo, at reduced scale if it is a large JPEG.

    Raises:
        ImageTooLarge: Over the limit on bytes or pixels.
        ImageFormatUnsupported: Not one of the accepted formats, or more than one picture.
        ImageUnreadable: Empty, truncated or damaged.
    """
    if len(data) == 0:
        raise ImageUnreadable("The file is empty (0 bytes).")
    if len(data) > limits.max_bytes:
        raise ImageTooLarge(f"The file has {len(data):,} bytes; the limit is {limits.max_bytes:,}.")
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        return _decode_heif(data, limits)
    return _decode_pillow(data, limits)


def _decode_pillow(data: bytes, limits: ImageLimits) -> DecodedPhoto:
    try:
        with _open(data) as image:
            _check_pixels(image.width, image.height, limits)
            kind = "JPEG" if image.format == "MPO" else str(image.format)
            pictures = 1 if kind in _FIRST_COUNTS else int(getattr(image, "n_frames", 1))
            if pictures > 1:
                raise ImageFormatUnsupported(f"The {kind} file holds {pictures} pictures; one is needed.")
            if kind == "JPEG" and image.mode in ("RGB", "L"):
                return _open_jpeg(data, image)
            upright = ImageOps.exif_transpose(image)
            return _whole(data, kind, _to_rgb(upright))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        # Some plugins hold parts of a file (tiles, frames) against Pillow's own limit.
        raise ImageTooLarge("The picture, or a part of it, has more pixels than the decoder accepts.") from error
    except _DAMAGE as error:
        # All of these mean the same to the person who sent the file.
        raise ImageUnreadable("The picture is truncated or damaged and cannot be decoded.") from error


def _open(data: bytes) -> ImageFile.ImageFile:
    """Return the picture with its header read, whatever its size; the caller holds that against our limit.

    ``Image.open`` would hold it against a limit of the whole process before, with a warning or an error of its own.
    """
    for kind in PILLOW_FORMATS:
        factory, accept = Image.OPEN[kind]
        known = accept is None or accept(data[:16])
        if known and not isinstance(known, str):
            return factory(io.BytesIO(data), "")
    raise ImageFormatUnsupported(f"The bytes are not a picture in an accepted format ({_start(data)}).")


def _open_jpeg(data: bytes, image: Image.Image) -> DecodedPhoto:
    orientation = _orientation(image)
    width, height = (image.height, image.width) if orientation >= 5 else (image.width, image.height)
    photo = Photo(sha256=hashlib.sha256(data).hexdigest(), width_px=width, height_px=height, format="JPEG")
    reduction = 1
    while reduction < 8 and max(width, height) / (reduction * 2) >= REDUCED_LONG_SIDE_PX:
        reduction *= 2
    pixels = _decode_jpeg(data, photo, orientation, reduction)
    return DecodedPhoto(photo=photo, image_rgb=pixels, reduction=reduction, _data=data, _orientation=orientation)


def _decode_jpeg(data: bytes, photo: Photo, orientation: int, reduction: int) -> ImageArray:
    stored_height, stored_width = (
        (photo.width_px, photo.height_px) if orientation >= 5 else (photo.height_px, photo.width_px)
    )
    options = {"min_height": -(-stored_height // reduction), "min_width": -(-stored_width // reduction)}
    if reduction == 1:
        options = {}
    try:
        pixels = simplejpeg.decode_jpeg(data, "RGB", strict=True, **options)
    except ValueError as error:
        if "xtraneous" not in str(error):
            raise ImageUnreadable("The JPEG data is truncated or damaged.") from error
        # "Extraneous bytes before marker": padding that some cameras write; no pixel is affected.
        pixels = simplejpeg.decode_jpeg(data, "RGB", strict=False, **options)
    return _apply_orientation(pixels, orientation)


def _orientation(image: Image.Image) -> int:
    value = image.getexif().get(_EXIF_ORIENTATION, 1)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _apply_orientation(pixels: ImageArray, orientation: int) -> ImageArray:
    """Return upright pixels. Source: EXIF 2.32, tag 0x0112: where row 0 and column 0 of the stored picture lie."""
    if orientation == 1:
        return pixels
    upright = cv2.transpose(pixels) if orientation >= 5 else pixels
    flips = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}  # cv2: 1 mirrors left-right, 0 top-bottom, -1 both
    if orientation in flips:
        upright = cv2.flip(upright, flips[orientation])
    return np.ascontiguousarray(upright, dtype=np.uint8)


def _decode_heif(data: bytes, limits: ImageLimits) -> DecodedPhoto:
    import pillow_heif

    try:
        heif = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=True)
        _check_pixels(heif.size[0], heif.size[1], limits)
        # The decoder applies the container's rotation itself; the EXIF orientation it leaves is informative only.
        return _whole(data, "HEIF", _to_rgb(heif.to_pillow()))
    except _DAMAGE as error:
        raise ImageUnreadable("The HEIC picture is truncated or damaged and cannot be decoded.") from error


def _whole(data: bytes, kind: str, pixels: ImageArray) -> DecodedPhoto:
    height, width = pixels.shape[:2]
    photo = Photo(sha256=hashlib.sha256(data).hexdigest(), width_px=width, height_px=height, format=kind)
    return DecodedPhoto(photo=photo, image_rgb=pixels, reduction=1, _data=b"")


def _to_rgb(image: Image.Image) -> ImageArray:
    """Return 8-bit RGB of any mode that has an agreed meaning: grey, palette, 16-bit grey, CMYK, alpha over white."""
    if image.mode in ("I;16", "I;16B", "I;16L", "I"):
        wide = np.asarray(image).astype(np.int64)
        # Mode "I" is how Pillow hands over some 16-bit files; more than 16 bits has no agreed white point.
        if wide.size and (wide.min() < 0 or wide.max() > 65535):
            raise ImageFormatUnsupported("Grey values beyond 16 bits are not accepted.")
        grey = (wide >> 8).astype(np.uint8)
        return np.ascontiguousarray(np.repeat(grey[:, :, None], 3, axis=2))
    if image.mode in ("F", "LAB", "HSV"):
        raise ImageFormatUnsupported(f"Pixels of kind {image.mode} are not accepted.")
    if "transparency" in image.info or image.mode in ("RGBA", "LA", "PA", "RGBa", "La"):
        with_alpha = image.convert("RGBA")
        ground = Image.new("RGBA", with_alpha.size, "white")
        image = Image.alpha_composite(ground, with_alpha)
    return np.ascontiguousarray(np.asarray(image.convert("RGB")))


def _check_pixels(width: int, height: int, limits: ImageLimits) -> None:
    if width * height > limits.max_pixels:
        raise ImageTooLarge(
            f"The picture has {width} × {height} = {width * height:,} pixels; the limit is {limits.max_pixels:,}."
        )
    if width == 0 or height == 0:
        raise ImageUnreadable("The picture has no pixels.")


def _start(data: bytes) -> str:
    """Return what the file seems to be, for the message; only well-known signatures are named."""
    signatures = {b"%PDF": "it looks like a PDF", b"PK\x03\x04": "it looks like a ZIP"}
    return next((words for magic, words in signatures.items() if data.startswith(magic)), "unknown signature")
