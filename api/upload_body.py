"""Where is the file in an upload's body? It is the body itself, or the one file of a form; nothing is held in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator

from fastapi import Request
from python_multipart import MultipartParser
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import parse_options_header

from shared.errors import Invalid

FORM = "multipart/form-data"
NO_FORM = "This form cannot be read: send the file itself as the body (`curl --data-binary @FILE`), or one file in a form."


def file_in(request: Request) -> AsyncIterator[bytes]:
    """Return the bytes of the file as they come.

    Raises, while they are read:
        Invalid: the form has no file, more than one, or something else besides; or it is none.
    """
    kind, options = parse_options_header(request.headers.get("Content-Type", ""))
    if kind.decode("latin-1").lower() != FORM:
        return request.stream()
    return _Form(options.get(b"boundary", b"")).read(request.stream())


class _Form:
    """A form while it is read: the current part, and the bytes of the file that were not yielded yet."""

    def __init__(self, boundary: bytes) -> None:
        self._pieces: deque[bytes] = deque()
        self._header = b""
        self._name = b""
        self._is_file = self._has_ended = False
        self._files = 0
        if not boundary:
            raise Invalid(field="Content-Type", message=NO_FORM)
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin_part,
                "on_header_field": self._take_name,
                "on_header_value": self._take_value,
                "on_header_end": self._end_header,
                "on_headers_finished": self._begin_data,
                "on_part_data": self._take_data,
                "on_end": self._end,
            },
        )

    async def read(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Read the form as it comes, and yield the bytes of its one file."""
        async for piece in body:
            try:
                self._parser.write(piece)
            except MultipartParseError as error:
                raise Invalid(field="body", message=NO_FORM) from error
            while self._pieces:
                yield self._pieces.popleft()
        if not self._has_ended:
            raise Invalid(field="body", message=NO_FORM)
        if not self._files:
            raise Invalid(field="body", message="There is no file in this form: send one, with its name.")

    def _begin_part(self) -> None:
        self._is_file = False
        self._name = self._header = b""

    def _take_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _take_value(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _end_header(self) -> None:
        if self._name.lower() == b"content-disposition":
            self._is_file = b"filename" in parse_options_header(self._header)[1]
        self._name = self._header = b""

    def _begin_data(self) -> None:
        if not self._is_file:
            raise Invalid(field="body", message="A form holds the file alone here: leave its other fields out.")
        self._files += 1
        if self._files > 1:
            raise Invalid(field="body", message="A form holds one file here: send each in a request of its own.")

    def _take_data(self, data: bytes, start: int, end: int) -> None:
        self._pieces.append(bytes(data[start:end]))

    def _end(self) -> None:
        self._has_ended = True
