"""The verb that makes virtual people."""

from __future__ import annotations

from pathlib import Path

from cardioprint.errors import RecordError


def simulate(
    people: int = 20,
    minutes: float = 5.0,
    out: Path | None = None,
    seed: int = 0,
    leads: tuple[str, ...] = ("II",),
    site: str = "finger",
    balanced: bool = False,
    clean: bool = False,
    gallery: Path | None = None,
    device_gallery: Path | None = None,
    plan: Path | None = None,
) -> int:
    """Write records of virtual people, with annotations and tables of what is true.

    OUT holds a WFDB record and its beats (.atr) for each person, records.csv (age, sex, pressure,
    rhythm, morphology, device), beats.tsv.gz (every beat with its intervals and its pulse) and
    artefacts.tsv.gz (what spoilt which signal, and when). Each record comes from another device:
    monitors, recorders, wearables, at their own rates and with everyday artefacts. The folder can
    be fingerprinted, and built into a corpus, as if people had been recorded.

    $ cardioprint simulate --people 20 --minutes 5 --out out/simulated

    $ cardioprint simulate --people 77 --balanced --leads I II V1 V6 --out out/twelve

    $ cardioprint simulate --people 5 --clean --out out/clean

    $ cardioprint simulate --people 10000 --minutes 16 --plan out/plan

    $ cardioprint simulate --gallery out/gallery.png --device-gallery out/devices.png

    Args:
        people: How many.
        minutes: Length of each record.
        out: Folder, empty or new.
        seed: Of all chance: the same seed gives the same people.
        leads: ECG leads.
        site: Place of the PPG: finger, wrist or ear.
        balanced: As many people with each rhythm and morphology, not as many as age makes likely.
        clean: No devices: the signals of the bodies, without noise or artefacts.
        gallery: Draw every rhythm and every morphology into this PNG.
        device_gallery: Draw the same ten seconds through six devices into this PNG.
        plan: Write no recordings, only what is to be simulated, into this folder:
            `cardioprint corpus build simulated=PLAN` makes them as it goes, by the million.
    """
    if out is None and gallery is None and device_gallery is None and plan is None:
        raise RecordError("nowhere to write to", field="out", fix="give --out or --gallery")
    if plan is not None:
        from cardioprint.datasets.simulated import Plan, write_plan

        planned = Plan(
            people=people, seconds=60 * minutes, seed=seed, devices=not clean, balanced=balanced
        )
        print(f"plan     {write_plan(plan, planned)}")
    if gallery is not None:
        from cardioprint.plotting.gallery import draw

        gallery.parent.mkdir(parents=True, exist_ok=True)
        draw(gallery, seed=seed)
        print(f"gallery  {gallery}")
    if device_gallery is not None:
        from cardioprint.plotting.device_gallery import draw as draw_devices

        device_gallery.parent.mkdir(parents=True, exist_ok=True)
        draw_devices(device_gallery, seed=seed)
        print(f"devices  {device_gallery}")
    if out is not None:
        from rich.progress import Progress

        from cardioprint.simulate.folder import ARTEFACTS, BEATS, PEOPLE, write_people

        with Progress(transient=True) as bar:
            task = bar.add_task("people", total=people)
            paths = write_people(
                out,
                people=people,
                seconds=60 * minutes,
                seed=seed,
                leads=leads,
                site=site,
                balanced=balanced,
                clean=clean,
                progress=lambda done, _: bar.update(task, completed=done),
            )
        tables = ", ".join((PEOPLE, BEATS) if clean else (PEOPLE, BEATS, ARTEFACTS))
        print(f"{len(paths)} virtual people (nobody was measured): {out}/{{{tables}}}")
    return 0
