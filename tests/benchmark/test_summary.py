"""The README's table: the best in bold, a method that is told the answer left out."""

from cardioprint.benchmark import summary


def row(task, measure, method, kind, value, better="higher"):
    return {
        "task": task,
        "measure": measure,
        "method": method,
        "kind": kind,
        "value": value,
        "low": value - 0.1,
        "high": value + 0.1,
        "better": better,
    }


def test_the_best_of_a_line_is_bold_even_where_it_is_trivial():
    results = [
        row("PPG -> ECG", "r aligned", "M2AE", "model", 0.5),
        row("PPG -> ECG", "r aligned", "template", "trivial", 0.6),
        row("PPG -> ECG", "r aligned", "template (told)", "trivial", 0.9),
        row("PPG -> ECG", "r aligned", "random M2AE", "random", 0.1),
    ]
    line = next(x for x in summary.table(results, []).splitlines() if "r aligned" in x)
    assert "template: **0.600** [0.50, 0.70]" in line
    assert "0.500 [0.40, 0.60]" in line
    assert "told" not in line


def test_lower_is_better_where_it_is_said_so():
    found = [
        row(summary.RATE, "from PPG", "M2AE", "model", 2.0, "lower"),
        row(summary.RATE, "from PPG", "hand features", "trivial", 1.5, "lower"),
    ]
    line = next(x for x in summary.table(found, []).splitlines() if "from PPG" in x)
    assert "**1.50**" in line
    assert "**2.00**" not in line


def test_labelled_tasks_follow():
    text = summary.table([], [row("Sex, AUROC", "linear probe", "M2AE", "model", 0.7)])
    assert "| Sex, AUROC | **0.700**" in text
