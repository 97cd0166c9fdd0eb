"""Files that photos come as when something is wrong, and in every mode and container: built on the fly, none stored.

Every function returns the file's bytes. ``photo`` is an upright RGB picture.
"""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pillow_heif
from PIL import Image

#: How to store an upright picture so that the EXIF orientation brings it back: what a camera held that way writes.
#: Source: EXIF 2.32, tag 0x0112; each is the inverse of the transposition that Pillow's ``exif_transpose`` applies.
STORED_FOR: dict[int, Image.Transpose | None] = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    """Return a picture as a file of a Pillow format."""
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def oriented(photo: Image.Image, kind: str, orientation: int) -> bytes:
    """Return a photo whose pixels lie as a turned camera stores them, with the EXIF orientation that says so."""
    how = STORED_FOR[orientation]
    stored = photo if how is None else photo.transpose(how)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options: dict[str, object] = {"JPEG": {"quality": 97, "subsampling": 0}, "WEBP": {"quality": 97}}.get(kind, {})
    return saved(stored, kind, exif=exif, **options)


def truncated(photo: Image.Image, kind: str, share: float = 0.5) -> bytes:
    """Return the first part of a file."""
    data = saved(photo, kind)
    return data[: int(len(data) * share)]


def bit_flipped_jpeg(photo: Image.Image, seed: int = 5, flips: int = 400) -> bytes:
    """Return a JPEG with random bits of its second half flipped."""
    data = bytearray(saved(photo, "JPEG", quality=90))
    chance = random.Random(seed)
    for _ in range(flips):
        data[chance.randrange(len(data) // 2, len(data) - 2)] ^= 1 << chance.randrange(8)
    return bytes(data)


def png_claiming(width: int, height: int) -> bytes:
    """Return a PNG of a few bytes whose header claims any size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(b"\0" * 64)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def gif_claiming(width: int, height: int, side: int = 1) -> bytes:
    """Return a GIF of a few bytes whose screen claims any size, and whose only picture a side of its own."""
    screen = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    picture = b"," + struct.pack("<HHHHB", 0, 0, side, side, 0) + b"\x02\x02\x44\x01\x00"
    return screen + picture + b";"


def one_colour_png(side: int) -> bytes:
    """Return a real PNG of side × side grey pixels: every row is there, in some hundred kilobytes."""
    packer = zlib.compressobj(1)
    row = b"\0" + b"\x80" * side
    body = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def several_pictures(photo: Image.Image, kind: str) -> bytes:
    """Return a file of three pictures: an animation, or a multi-page TIFF."""
    others = [photo.rotate(angle) for angle in (5, 10)]
    return saved(photo, kind, save_all=True, append_images=others)


def float_tiff(photo: Image.Image) -> bytes:
    """Return a TIFF of 32-bit floating-point grey."""
    return saved(photo.convert("L").convert("F"), "TIFF")


def wide_integer_tiff(photo: Image.Image) -> bytes:
    """Return a TIFF of 32-bit grey whose values are beyond 16 bits."""
    return saved(Image.fromarray(np.asarray(photo.convert("L")).astype(np.int32) << 12), "TIFF")


def sixteen_bit_grey_png(photo: Image.Image) -> bytes:
    """Return a PNG of 16-bit grey."""
    return saved(Image.fromarray(np.asarray(photo.convert("L")).astype(np.uint16) * 257), "PNG")


def palette_png_with_transparency(photo: Image.Image) -> bytes:
    """Return a PNG of 256 palette colours, one of them transparent and in use only outside the face."""
    palette = photo.quantize(255, method=Image.Quantize.FASTOCTREE)
    palette.paste(255, (0, 0, 12, 12))
    return saved(palette, "PNG", transparency=255)


def heic(photo: Image.Image, quality: int = 95) -> bytes:
    """Return a HEIC file."""
    stream = io.BytesIO()
    pillow_heif.from_pillow(photo).save(stream, quality=quality)
    return stream.getvalue()


def mpo(photo: Image.Image) -> bytes:
    """Return an MPO file: a JPEG with a second picture behind it, as many phones write it."""
    return saved(photo, "MPO", save_all=True, append_images=[photo.resize((64, 64))], quality=97)


def text_file() -> bytes:
    """Return a text."""
    return b"This is not a picture.\n" * 40


#: Files that decode to the photo they were made of.
USABLE: dict[str, Callable[[Image.Image], bytes]] = {
    "jpeg": lambda photo: saved(photo, "JPEG", quality=97),
    "progressive-jpeg": lambda photo: saved(photo, "JPEG", quality=97, progressive=True),
    "grey-jpeg": lambda photo: saved(photo.convert("L"), "JPEG", quality=97),
    "cmyk-jpeg": lambda photo: saved(photo.convert("CMYK"), "JPEG", quality=97),
    "png": lambda photo: saved(photo, "PNG"),
    "png-with-alpha": lambda photo: saved(photo.convert("RGBA"), "PNG"),
    "grey-png": lambda photo: saved(photo.convert("L"), "PNG"),
    "grey-png-with-alpha": lambda photo: saved(photo.convert("LA"), "PNG"),
    "16-bit-grey-png": sixteen_bit_grey_png,
    "palette-png-with-transparency": palette_png_with_transparency,
    "webp": lambda photo: saved(photo, "WEBP", quality=97),
    "lossless-webp": lambda photo: saved(photo, "WEBP", lossless=True),
    "tiff": lambda photo: saved(photo, "TIFF"),
    "lzw-tiff": lambda photo: saved(photo, "TIFF", compression="tiff_lzw"),
    "cmyk-tiff": lambda photo: saved(photo.convert("CMYK"), "TIFF"),
    "bmp": lambda photo: saved(photo, "BMP"),
    "gif": lambda photo: saved(photo, "GIF"),
    "animated-gif": lambda photo: several_pictures(photo, "GIF"),
    "gif-cut-behind-its-first-picture": lambda photo: several_pictures(photo, "GIF")[:-20],
    "heic": heic,
    "avif": lambda photo: saved(photo, "AVIF", quality=95),
    "mpo": mpo,
}

#: Files that cannot be used, with the code of the error they get.
UNUSABLE: dict[str, tuple[Callable[[Image.Image], bytes], str]] = {
    "zero-bytes": (lambda _: b"", "image_unreadable"),
    "truncated-jpeg": (lambda photo: truncated(photo, "JPEG"), "image_unreadable"),
    "barely-truncated-jpeg": (lambda photo: truncated(photo, "JPEG", 0.97), "image_unreadable"),
    "jpeg-header-only": (lambda photo: truncated(photo, "JPEG", 0.02), "image_unreadable"),
    "truncated-png": (lambda photo: truncated(photo, "PNG"), "image_unreadable"),
    "truncated-webp": (lambda photo: truncated(photo, "WEBP"), "image_unreadable"),
    "truncated-tiff": (lambda photo: truncated(photo, "TIFF"), "image_unreadable"),
    "truncated-bmp": (lambda photo: truncated(photo, "BMP"), "image_unreadable"),
    "truncated-avif": (lambda photo: truncated(photo, "AVIF"), "image_unreadable"),
    "truncated-heic": (lambda photo: heic(photo)[: len(heic(photo)) // 2], "image_unreadable"),
    "bit-flipped-jpeg": (bit_flipped_jpeg, "image_unreadable"),
    "text": (lambda _: text_file(), "image_format_unsupported"),
    "png-header-of-3.6-gigapixels": (lambda _: png_claiming(60_000, 60_000), "image_too_large"),
    "truncated-gif": (lambda photo: truncated(photo, "GIF"), "image_unreadable"),
    "gif-of-4-gigapixels": (lambda _: gif_claiming(65_535, 65_535), "image_too_large"),
    "gif-of-a-picture-larger-than-its-screen": (lambda _: gif_claiming(8, 8, 65_535), "image_too_large"),
    "animated-webp": (lambda photo: several_pictures(photo, "WEBP"), "image_format_unsupported"),
    "animated-png": (lambda photo: several_pictures(photo, "PNG"), "image_format_unsupported"),
    "animated-avif": (lambda photo: several_pictures(photo, "AVIF"), "image_format_unsupported"),
    "several-page-tiff": (lambda photo: several_pictures(photo, "TIFF"), "image_format_unsupported"),
    "floating-point-tiff": (float_tiff, "image_format_unsupported"),
    "32-bit-tiff": (wide_integer_tiff, "image_format_unsupported"),
}


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
