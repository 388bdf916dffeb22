"""What a plain `pip install cardioprint` loads, and how long it takes to."""

import json
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from cardioprint.simulate import write_wfdb

HEAVY = ("torch", "sklearn", "pandas", "lance", "tensorboard", "onnx", "matplotlib")


def run(code, *arguments):
    """Run Python in a process of its own and return what it printed as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_import_is_lazy():
    loaded = run(
        """
        import json, sys
        import cardioprint
        print(json.dumps(sorted({m.split(".")[0] for m in sys.modules})))
        """
    )
    assert set(HEAVY).isdisjoint(loaded)
    assert {"scipy", "onnxruntime", "pyarrow"}.isdisjoint(loaded)


def test_import_is_quick():
    """Measured about 0.01 s on an idle core; the best of three, as others may be at work."""
    times = [
        run(
            """
            import time
            began = time.perf_counter()
            import cardioprint
            print(time.perf_counter() - began)
            """
        )
        for _ in range(3)
    ]
    assert min(times) < 0.3


def test_from_file_to_vector_without_torch(tiny_folder, simulated, tmp_path):
    channels = [c.samples[::step] for c, step in zip(simulated[0].channels, (2, 1), strict=True)]
    np.save(tmp_path / "a.npy", np.stack(channels, axis=1))
    loaded, features = run(
        """
        import json, sys
        import cardioprint
        reader = {"columns": {0: "ecg:II:mV", 1: "ppg"}, "sampling_rate": 125}
        result = cardioprint.fingerprint(sys.argv[1], model=sys.argv[2], reader=reader)
        print(json.dumps([sorted({m.split(".")[0] for m in sys.modules}), len(result.vector)]))
        """,
        tmp_path / "a.npy",
        tiny_folder,
    )
    assert features == 256
    assert set(HEAVY).isdisjoint(loaded)


def test_a_wfdb_file_brings_only_what_wfdb_itself_imports(simulated, tmp_path):
    loaded = run(
        """
        import json, sys
        import cardioprint
        cardioprint.read_record(sys.argv[1])
        print(json.dumps(sorted({m.split(".")[0] for m in sys.modules})))
        """,
        write_wfdb(simulated[0], tmp_path),
    )
    assert set(HEAVY).difference({"pandas"}).isdisjoint(loaded)


@pytest.mark.parametrize(
    "module",
    (
        "types",
        "signal.quality",
        "signal.selection",
        "readers",
        "simulate",
        "datasets.tables",
        "corpus.cache",
        "runtime.session",
        "fingerprints.pipeline",
    ),
)
def test_layers_below_the_model_know_no_torch(module):
    loaded = run(
        f"""
        import json, sys
        import cardioprint.{module}
        print(json.dumps(sorted({{m.split(".")[0] for m in sys.modules}})))
        """
    )
    assert {"torch", "sklearn", "pandas", "matplotlib"}.isdisjoint(loaded)
