"""The command line: `cardioprint VERB ...`, one function a verb."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from cardioprint.errors import CardioprintError

BAD_INPUT, SOME_FAILED, INTERRUPTED = 2, 3, 130
"""Exit codes beside 0: nothing could be done; some files failed; stopped by the user."""


def verbs() -> dict[str, Callable[..., Any]]:
    """Return the verbs by name; heavy libraries load inside them."""
    from cardioprint.cli import make, use
    from cardioprint.cli.assess import assess
    from cardioprint.cli.simulate import simulate

    return {
        **{name: _pointer(name, group) for name, group in groups().items()},
        "fingerprint": use.fingerprint,
        "reconstruct": use.reconstruct,
        "show": use.show,
        "assess": assess,
        "demo": use.demo,
        "models": use.models,
        "simulate": simulate,
        "pretrain": make.pretrain,
        "export": make.export,
        "bench": make.bench,
    }


def groups() -> dict[str, dict[str, Callable[..., Any]]]:
    """Return the verbs that have verbs of their own: `cardioprint data list`."""
    from cardioprint.cli import corpus, data, head

    return {
        "corpus": {
            "build": corpus.build,
            "info": corpus.info,
            "check": corpus.check,
            "merge": corpus.merge,
            "export": corpus.export,
        },
        "data": {
            "list": data.list_,
            "show": data.show,
            "fetch": data.fetch,
            "verify": data.verify,
        },
        "head": {"fit": head.fit, "list": head.list_, "apply": head.apply},
    }


def _pointer(name: str, group: dict[str, Callable[..., Any]]) -> Callable[..., Any]:
    """Return what stands for a group in the list of verbs."""

    def point() -> int:
        return BAD_INPUT  # never reached: `main` enters the group first

    point.__doc__ = f"{' | '.join(group)}: see `cardioprint {name} --help`."
    return point


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; errors of the user's input become one line on standard error."""
    import tyro

    arguments = sys.argv[1:] if arguments is None else list(arguments)
    if arguments == ["--version"]:
        import cardioprint

        print(f"cardioprint {cardioprint.__version__}")
        return
    if not arguments:
        arguments = ["--help"]
    group = groups().get(arguments[0])
    prog, chosen = "cardioprint", group or verbs()
    if group:
        prog, arguments = f"cardioprint {arguments[0]}", arguments[1:] or ["--help"]
    try:
        code = tyro.extras.subcommand_cli_from_dict(
            chosen,
            prog=prog,
            description="Biosignal fingerprints from ECG and PPG. Research use; not a medical "
            f"device. `{prog} VERB --help` explains a verb and gives examples.",
            args=arguments,
        )
    except CardioprintError as error:
        print(f"cardioprint: {error}", file=sys.stderr)
        sys.exit(BAD_INPUT)
    except BrokenPipeError:  # `... | head` has read enough: nothing went wrong
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KeyboardInterrupt:
        print("cardioprint: stopped; a rerun goes on where this one ended", file=sys.stderr)
        sys.exit(INTERRUPTED)
    sys.exit(code or 0)
