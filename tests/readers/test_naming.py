import pytest

from cardioprint.readers.naming import identify, lead_of, split_unit


@pytest.mark.parametrize(
    ("name", "unit", "modality", "place"),
    [
        ("II", "mV", "ecg", "II"),
        ("i", "mV", "ecg", "I"),
        ("MLII", "mV", "ecg", "MLII"),
        ("AVR", "mV", "ecg", "aVR"),
        ("aVL", "", "ecg", "aVL"),
        ("V", "mV", "ecg", "V"),
        ("v5", "uV", "ecg", "V5"),
        ("MCL1", "mV", "ecg", "MCL1"),
        ("II", "NU", "ecg", "II"),
        ("ECG Lead II", "mV", "ecg", "II"),
        ("ECG II", "uV", "ecg", "II"),
        ("Lead I (Einthoven)", "uV", "ecg", "I"),
        ("Lead V3", "uV", "ecg", "V3"),
        ("SNUADC/ECG_II", "mV", "ecg", "II"),
        ("ECG", "mV", "ecg", ""),
        ("ECG1", "mV", "ecg", ""),
        ("EKG LA-RA", "uV", "ecg", ""),
        ("ECG [mV]", "", "ecg", ""),
        ("DII", "mV", "ecg", "II"),
        ("II", "bananas", "ecg", "II"),
        ("PLETH", "NU", "ppg", ""),
        ("Pleth", "", "ppg", ""),
        ("SNUADC/PLETH", "", "ppg", ""),
        ("PPG", "", "ppg", ""),
        ("PPG finger", "", "ppg", "finger"),
        ("ppg_wrist", "", "ppg", "wrist"),
        ("IR", "", "ppg", ""),
        ("RED", "", "ppg", ""),
        ("SpO2 wave", "", "ppg", ""),
        ("BVP", "", "ppg", ""),
        ("SpO2", "%", "other", ""),
        ("ABP", "mmHg", "other", ""),
        ("ART", "mmHg", "other", ""),
        ("RESP", "NU", "other", ""),
        ("CVP", "mmHg", "other", ""),
        ("PAP", "mmHg", "other", ""),
        ("ACC X", "g", "other", ""),
        ("PULSE", "bpm", "other", ""),
        ("I", "A", "other", ""),
        ("IR", "degC", "other", ""),
        ("normal_ecg", "", "other", ""),
        ("ECG_Quality", "", "other", ""),
        ("PPG_Rate", "", "other", ""),
        ("EEG Fpz-Cz", "uV", "other", ""),
        ("Resp impedance plethysmogram", "", "other", ""),
        ("R", "", "other", ""),
        ("", "", "other", ""),
    ],
)
def test_identify(name, unit, modality, place):
    found = identify(name, unit)
    assert (found.modality, found.lead or found.site) == (modality, place)


def test_unit_in_brackets():
    assert split_unit("II [mV]") == ("II", "mV")
    assert split_unit("Time [s]") == ("Time", "s")
    assert split_unit("Lead I (Einthoven)") == ("Lead I (Einthoven)", "")


def test_lead_spelling():
    assert [lead_of(x) for x in ("avf", "V 1", "ml-ii", "x9")] == ["aVF", "V1", "MLII", ""]
