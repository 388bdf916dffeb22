"""The errors a user can meet. Each names the file, the field and the fix."""


class CardioprintError(Exception):
    """Base of every error raised on purpose by this package."""


class RecordError(CardioprintError):
    """A recording cannot be read or does not say what it must.

    Args:
        message: What is wrong.
        source: File or object the problem was found in.
        field: Header field, channel or argument concerned.
        fix: What the reader of the message can do about it.
    """

    def __init__(self, message: str, *, source: object = "", field: str = "", fix: str = ""):
        self.source = str(source)
        self.field = field
        self.fix = fix
        parts = [f"{self.source}: " if self.source else "", message]
        if field:
            parts.append(f" [field: {field}]")
        if fix:
            stop = "" if parts[-1].endswith((".", "]", ")")) else "."
            parts.append(f"{stop} Fix: {fix}")
        super().__init__("".join(parts))


class TruncatedFileError(RecordError):
    """The file ends before the data its header promises."""


class UnitError(RecordError):
    """A unit is missing or not one we can convert to millivolts."""


class SamplingRateError(RecordError):
    """A sampling rate is missing, non-positive or absurd."""


class ChannelError(RecordError):
    """Channels are missing, duplicated, or not the ones asked for."""


class TimestampError(RecordError):
    """Time stamps are missing, repeated or run backwards."""


class UnsafeFileError(RecordError):
    """The file or its name could run code or leave its folder; it is not opened."""


class UnknownFormatError(RecordError):
    """No reader knows this kind of file."""


class ModelError(CardioprintError):
    """A model folder is missing, incomplete or made for something else."""


class UnknownNameError(CardioprintError, KeyError):
    """A name that is not in a catalogue; the message lists the known ones."""

    def __init__(self, kind: str, name: str, known: object):
        self.name = name
        names = ", ".join(sorted(str(k) for k in known))  # type: ignore[attr-defined]
        self._text = f"unknown {kind} {name!r}; known: {names}"
        super().__init__(self._text)

    def __str__(self) -> str:
        """Return the message itself: KeyError would show its repr."""
        return self._text
