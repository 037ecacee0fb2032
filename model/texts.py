"""Texts that people write: one door for all of them, whatever editor or system they come from."""

from __future__ import annotations

import codecs
from pathlib import Path

# The longer marks first: that of UTF-32 begins as that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WANTED = "save it as UTF-8, or as UTF-16 with a byte order mark"


def decode_text(content: bytes) -> str:
    r"""The text in a file: UTF-8, or what its byte order mark says; all lines end with "\n".

    Raises:
        ValueError: It is in no such encoding; says where, and what is expected.
    """
    mark, encoding = next((one for one in _MARKS if content.startswith(one[0])), (b"", "utf-8"))
    content = content[len(mark) :]
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise _no_text(encoding, content[: error.start].decode(encoding, "ignore"), content[error.start]) from error
    if "\0" in text:
        raise _no_text(encoding, text[: text.index("\0")], 0)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _no_text(encoding: str, before: str, byte: int) -> ValueError:
    name, line = encoding.upper().removesuffix("-LE").removesuffix("-BE"), before.count("\n") + 1
    return ValueError(f"it is not a text file in {name} (byte 0x{byte:02x} in line {line}); {_WANTED}")


def read_text_file(path: str | Path) -> str:
    """Read a text file that somebody wrote; see `decode_text`.

    Raises:
        OSError: There is no such file, or no right to read it.
        ValueError: It is no text; the message does not name the file.
    """
    return decode_text(Path(path).read_bytes())
