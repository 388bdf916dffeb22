"""How far simulated recordings are from real ones, written as realism.md and realism.png.

python benchmarks/realism.py --out docs/results [--quick]
"""

from __future__ import annotations

from pathlib import Path

import tyro


def main(out: Path = Path("docs/results"), quick: bool = False) -> None:
    """Compare virtual people with the recordings of the development tables.

    Args:
        out: Folder to write into.
        quick: Two data sets and one detector.
    """
    from cardioprint.benchmark.realism import comparison, picture, report

    def tell(what: str) -> None:
        print(what, flush=True)

    if quick:
        found = comparison.compare(("bidmc", "ppg_bp"), ("age",), tell=tell)
    else:
        found = comparison.compare(tell=tell)
    out.mkdir(parents=True, exist_ok=True)
    (out / "realism.md").write_text(report.markdown(found), encoding="utf-8")
    (out / report.PICTURE).write_bytes(picture.draw(found))
    print(f"{out / 'realism.md'}, {out / report.PICTURE}: {found.seconds:.0f} s")


if __name__ == "__main__":
    tyro.cli(main)
