"""The page as a browser would read it: whole, safe, self-contained, and true to the numbers."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

import bench_results
from cardioprint.benchmark import report_page
from cardioprint.benchmark.report_page import loading, markdown
from cardioprint.benchmark.report_page.markup import VOID
from cardioprint.benchmark.report_page.page import PARTS
from cardioprint.benchmark.report_page.page import page as page_of
from cardioprint.benchmark.report_page.parts import side_by_side
from cardioprint.benchmark.report_page.report import Report
from cardioprint.benchmark.results import Seed, load_run, load_task, save
from cardioprint.errors import RecordError

HOSTILE = '<script>alert(1)</script>"><img src=x onerror=y>|`]](javascript:z)'

SECTIONS = (
    "summary",
    "headlines",
    "tasks",
    "robustness",
    "reconstruction",
    "transfer",
    "mortality",
    "data",
    "model",
    "leakage",
    "reproduce",
    "checklist",
    "glossary",
)


class Reader(HTMLParser):
    """Balance, ids, links and text of a page."""

    def __init__(self, html: str):
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"{tag} closes {self.open[-3:]}"
        self.open.pop()

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.words.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)

    def all(self, attribute: str) -> list[str]:
        return [str(a[attribute]) for _, a in self.tags if a.get(attribute) is not None]


def drawn(folder: Path) -> Reader:
    return Reader(page_of(Report(loading.read(folder))))


def words_of(folder: Path) -> str:
    return markdown.report(Report(loading.read(folder)), set())


@pytest.fixture(scope="module")
def full(tmp_path_factory) -> Path:
    folder = bench_results.make(tmp_path_factory.mktemp("run"))
    report_page.write(folder)
    return folder


@pytest.fixture(scope="module")
def page(full) -> Reader:
    return Reader((full / "report.html").read_text())


def test_every_file_is_written_and_small_enough(full):
    written = {p.name for p in full.iterdir() if p.is_file()} - {"run.json"}
    assert written == {
        "report.html",
        "report.md",
        "table.md",
        "forest.png",
        "efficiency.png",
        "robustness.png",
        "calibration.png",
        "reconstruction.png",
    }
    assert (full / "report.html").stat().st_size < 3e6
    assert not list(full.glob("*.part"))
    for path in full.glob("*.png"):
        assert path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_the_spread_between_pretrainings_stands_beside_every_probe(tmp_path):
    folder = bench_results.make(tmp_path, encoders=bench_results.ENCODERS[:3])
    alone = "One pretraining seed: spread between pretrainings unknown."
    assert alone in drawn(folder).text and alone in words_of(folder)
    assert alone in report_page.table(folder)
    path = folder / "tasks" / "age_ecg.json"
    seeds = tuple(Seed(name=f"<r{k}>", seed=k, value=10.0 + k) for k in range(3))
    save(replace(load_task(path), seeds=seeds), path)
    told = "Seed to seed: SD 1.0 over 3 pretraining seeds: 10.0 (seed 0), 11.0 (seed 1) and 12.0"
    assert told in drawn(folder).text and told in words_of(folder)
    assert "seed to seed: SD 1.0 over 3" in drawn(folder).text
    table = report_page.table(folder)
    assert "| seed to seed |" in table and "| SD 1.0 over 3 |" in table
    assert "Known on 1 of 4 probe tasks." in table


def test_further_figures_stand_in_markdown_and_on_paper(full):
    words = words_of(full)
    tasks = loading.read(full).tasks
    for task in tasks:
        more = [s for s in task.scores if s.measure != task.headline[2]]
        part = words.partition(f"### {markdown.escape(task.title)}\n")[2].partition("\n### ")[0]
        for score in more:
            assert f"| {markdown.escape(score.measure)} (" in part
    assert words.count("<details>") == words.count("</details>") > 0
    assert "<details><summary>Further figures</summary>\n\n| measure |" in words
    # Wider tasks than these have further measures: closed on a screen, open on paper.
    first = next(task for task in tasks if task.family == "probe")
    wide = [replace(s, measure=f"{s.measure} {k}") for k in range(12) for s in first.scores]
    table = side_by_side.of_task(replace(first, scores=(*first.scores, *wide)), "M2AE tiny")
    assert '<details class="behind printed">' in str(table)
    assert "details.behind:not(.printed){display:none}" in (full / "report.html").read_text()


def test_a_table_for_a_terminal_is_not_escaped(full):
    table = report_page.table(full)
    assert "\\" not in table and "**" not in table and "&lt;" not in table
    assert "| Age from ECG lead II (MAE, years; ECG, linear head) ↓ |" in table


def test_well_formed_with_every_section_in_order(page):
    assert page.open == []
    ids = page.all("id")
    assert len(ids) == len(set(ids))
    assert [i for i in ids if i in SECTIONS] == list(SECTIONS)
    assert len(PARTS) == len(SECTIONS)


def test_every_link_within_the_page_leads_somewhere(page):
    ids = set(page.all("id"))
    inner = [h[1:] for h in page.all("href") if h.startswith("#")]
    assert len(inner) > 20
    assert set(inner) <= ids


def test_nothing_is_loaded_from_anywhere(full, page):
    assert page.all("src") == []
    assert {t for t, _ in page.tags} & {
        "script",
        "link",
        "iframe",
        "img",
        "object",
        "base",
    } == set()
    outside = [a for t, a in page.tags if str(a.get("href", "")).startswith("http")]
    assert all(str(a["href"]).startswith("https://") for a in outside)
    html = (full / "report.html").read_text()
    assert "url(" not in html and "@import" not in html
    assert any("default-src 'none'" in words for words in page.all("content"))


def test_figures_are_told_in_words_and_have_a_table(page):
    assert all(a.get("aria-label") or a.get("aria-hidden") for t, a in page.tags if t == "svg")
    assert page.text.count("The numbers behind this figure") >= 5
    assert all(a.get("tabindex") == "0" for _, a in page.tags if a.get("class") == "scroll")


def test_values_on_the_page_are_those_of_the_files(full, page):
    for path in (full / "tasks").glob("*.json"):
        found = json.loads(path.read_text())
        inputs, head, measure = found["headline"]
        digits = {"MAE, years": 1, "MAE, beats/min": 2}.get(measure, 3)
        for s in found["scores"]:
            if (s["inputs"], s["head"], s["measure"]) == (inputs, head, measure) and s["value"]:
                value, low, high = (f"{s[k]:.{digits}f}" for k in ("value", "low", "high"))
                told = f"{value} [{low}\N{EN DASH}{high}]"
                assert told in page.text, (path.stem, s["encoder"], told)


def test_marks_of_a_figure_tell_the_values_of_the_files(full, page):
    task = load_task(full / "tasks" / "five_class.json")
    curve = next(c for c in task.curves if c.name == "label efficiency")
    for low, high, value in zip(curve.low, curve.high, curve.value, strict=True):
        assert f"{value:.3f} [{low:.3f}\N{EN DASH}{high:.3f}]" in page.text
    one = task.reliability[0]
    tip = f"predicted {one.predicted[0]:.3f}, observed {one.observed[0]:.3f}"
    assert tip in page.text


def test_three_sentences_say_who_wins_and_what_is_not_known(page):
    said = page.text
    assert "beats all of its baselines on" in said
    assert "A baseline wins on" in said or "No baseline is better" in said
    assert "Not evaluated" in said
    assert "mortality on real outcomes" in said


def test_a_generated_ecg_is_never_shown_without_its_warning(page):
    assert "Generated, not measured: never diagnostic." in page.text
    assert page.text.count("ECG generated: not a measurement, never diagnostic") == 3


def test_targets_are_not_shown(page):
    assert "target of" not in page.text.lower()
    assert "Published elsewhere" in page.text


def test_a_quick_run_is_marked_all_over(tmp_path):
    folder = bench_results.make(tmp_path, tasks=("five_class",), quick=True)
    page = drawn(folder)
    figures = sum(t == "figure" for t, _ in page.tags)
    assert page.text.count("Quick run: not for quoting") >= figures + len(SECTIONS)
    assert "Quick run: not for quoting" in words_of(folder)
    assert "Quick run: not for quoting" in markdown.table(Report(loading.read(folder)))


def test_hostile_names_are_text(tmp_path):
    folder = bench_results.make(
        tmp_path, encoders=[(HOSTILE, "model"), ("b<b>", HOSTILE)], tasks=("five_class",)
    )
    path = folder / "tasks" / "five_class.json"
    task = load_task(path)
    audit = {
        "verdict": HOSTILE,
        "checks": [{"name": HOSTILE, "verdict": HOSTILE, "value": HOSTILE}],
    }
    facts = {HOSTILE: HOSTILE}
    save(replace(task, title=HOSTILE, notes=(HOSTILE,), facts=facts, audit=audit), path)
    run = load_run(folder / "run.json")
    run = replace(run, command=HOSTILE, machine=HOSTILE, version=HOSTILE, skipped=(HOSTILE,))
    save(run, folder / "run.json")
    page = drawn(folder)
    assert page.open == []
    assert HOSTILE in page.text
    assert {t for t, _ in page.tags} & {"script", "img"} == set()
    assert not [a for _, a in page.tags if any(k.startswith("on") for k in a)]
    # What stands between backticks is shown as it is.
    words = re.sub("`[^`]*`", "", words_of(folder).replace("\\`", ""))
    assert "<script" not in words and "<img" not in words
    assert not re.search(r"(?<!\\)\]\(javascript", words)


def test_control_characters_and_lone_surrogates_do_not_break_the_file(tmp_path):
    folder = bench_results.make(tmp_path, tasks=("age_ecg",))
    path = folder / "tasks" / "age_ecg.json"
    found = json.loads(path.read_text())
    found["title"] = "a\x00b\ud800c"
    path.write_text(json.dumps(found))
    report_page.write(folder)
    assert "a�b�c" in (folder / "report.html").read_text()


@pytest.mark.parametrize("count", [1, 12])
def test_any_number_of_encoders_of_any_name(tmp_path, count):
    folder = bench_results.make(tmp_path, encoders=bench_results.ENCODERS[:count])
    page = drawn(folder)
    assert page.open == []
    for name, _ in bench_results.ENCODERS[:count]:
        assert name in page.text


def test_a_single_model_is_compared_with_nothing(tmp_path):
    folder = bench_results.make(tmp_path, encoders=bench_results.ENCODERS[:1])
    assert "there is no corrected paired test" in drawn(folder).text


def test_a_task_without_any_figure_says_so(tmp_path):
    folder = bench_results.make(tmp_path, tasks=("age_ecg", "ppg_to_ecg"))
    path = folder / "tasks" / "age_ecg.json"
    save(replace(load_task(path), scores=(), gaps=(), audit={}, facts={}), path)
    page = drawn(folder)
    assert "No figure was measured." in page.text
    assert "no figure" in page.text


def test_no_value_is_a_dash_and_never_nan(tmp_path):
    folder = bench_results.make(tmp_path)
    page = drawn(folder)
    assert "no value" in page.text
    assert not re.search(r"\bnan\b", page.text.lower())
    assert not [v for _, a in page.tags for v in a.values() if re.search(r"\bnan\b", v or "")]
    assert not re.search(r"\bnan\b", words_of(folder).lower())


def test_missing_and_damaged_parts_are_named(tmp_path):
    folder = bench_results.make(tmp_path)
    (folder / "tasks" / "age_ecg.json").unlink()
    (folder / "tasks" / "rhythm_ppg.json").write_text('{"name": "rhythm_ppg", "ti')
    (folder / "tasks" / "five_class.json").write_text("[1, 2]")
    wrong = json.loads((folder / "tasks" / "transfer_hr.json").read_text())
    wrong["scores"][0]["value"] = "0.9"
    (folder / "tasks" / "transfer_hr.json").write_text(json.dumps(wrong))
    (folder / "examples" / "ppg_to_ecg.npz").write_bytes(b"PK\x03\x04 not a zip")
    page = drawn(folder)
    assert page.open == []
    assert "What is missing" in page.text
    for name in ("age_ecg", "rhythm_ppg", "five_class", "transfer_hr"):
        assert f"{name}: " in page.text
    assert "The signals are missing" in page.text
    assert str(tmp_path) not in page.text
    assert "Hypertension, diagnosed, VitalDB" in page.text


def test_a_run_that_was_stopped_claims_nothing(tmp_path):
    folder = bench_results.make(tmp_path)
    (folder / "run.json").unlink()
    page = drawn(folder)
    assert "Unfinished run: not for quoting" in page.text
    assert "run.json: nothing was written" in page.text
    assert "beats all of its baselines" not in page.text


def test_what_was_skipped_is_said(tmp_path):
    folder = bench_results.make(tmp_path, tasks=("age_ecg",))
    said = "rhythm is left out: its table is not on this machine."
    save(replace(load_run(folder / "run.json"), skipped=(said,)), folder / "run.json")
    page = drawn(folder)
    assert said in page.text
    assert "its table is not on this machine" in words_of(folder)


def test_names_that_would_leave_the_folder_are_refused(tmp_path):
    folder = bench_results.make(tmp_path / "run", tasks=("ppg_to_ecg",))
    (tmp_path / "outside.json").write_text((folder / "tasks" / "ppg_to_ecg.json").read_text())
    run = replace(load_run(folder / "run.json"), tasks=("../../outside", "ppg_to_ecg"))
    save(run, folder / "run.json")
    path = folder / "tasks" / "ppg_to_ecg.json"
    save(replace(load_task(path), examples="../../secret.npz"), path)
    page = drawn(folder)
    assert "this is no name of a task" in page.text
    assert "this is no name of a file" in page.text
    assert page.all("id").count("task-ppg-to-ecg") == 1


def test_a_folder_without_a_run_is_an_error(tmp_path):
    with pytest.raises(RecordError, match="no run of the benchmark"):
        report_page.write(tmp_path)
    with pytest.raises(RecordError, match="no run of the benchmark"):
        report_page.write(tmp_path / "nowhere")


def test_drawn_twice_is_the_same(full):
    first = {p.name: p.read_bytes() for p in (*full.glob("*.png"), *full.glob("*.*m*"))}
    assert {p.name: p.read_bytes() for p in report_page.write(full)} == first


def test_pictures_that_have_nothing_to_show_go_away(tmp_path):
    folder = bench_results.make(tmp_path)
    report_page.write(folder)
    (folder / "tasks" / "ppg_to_ecg.json").unlink()
    assert "reconstruction.png" not in {p.name for p in report_page.write(folder)}
    assert not (folder / "reconstruction.png").exists()
    assert "reconstruction.png" not in (folder / "report.md").read_text()
