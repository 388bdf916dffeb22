import zipfile

import pytest

from cardioprint.datasets.spreadsheet import read_sheet, records_of
from cardioprint.errors import RecordError, UnsafeFileError

NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def workbook(path, sheet, strings=""):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
        if strings:
            archive.writestr("xl/sharedStrings.xml", strings)
    return path


def sheet(*rows):
    cells = "".join(f"<row>{row}</row>" for row in rows)
    return f"<worksheet {NS}><sheetData>{cells}</sheetData></worksheet>"


def test_shared_inline_and_missing_cells(tmp_path):
    strings = f"<sst {NS}><si><t>id</t></si><si><r><t>blood </t></r><r><t>group</t></r></si></sst>"
    path = workbook(
        tmp_path / "a.xlsx",
        sheet(
            '<c r="A1" t="inlineStr"><is><t>A title</t></is></c>',
            '<c r="A2" t="s"><v>0</v></c><c r="C2" t="s"><v>1</v></c>',
            '<c r="A3"><v>7</v></c>',
            "",
            '<c r="A5"><v>8</v></c><c r="C5"><v>2.5</v></c>',
        ),
        strings,
    )
    assert read_sheet(path)[1] == ["id", "", "blood group"]
    assert [r["blood group"] for r in records_of(path, ["id"])] == ["", "2.5"]
    with pytest.raises(RecordError, match="names the columns id, sex"):
        records_of(path, ["id", "sex"])


def test_entities_are_refused(tmp_path):
    laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    for encoding in ("utf-8", "utf-16"):
        text = f'<?xml version="1.0" encoding="{encoding}"?>{laughs}' + sheet("<c><v>&b;</v></c>")
        path = workbook(tmp_path / f"{encoding}.xlsx", text.encode(encoding))
        with pytest.raises(UnsafeFileError, match="document type"):
            read_sheet(path)


def test_bombs_and_damage_are_refused(tmp_path):
    bomb = workbook(tmp_path / "bomb.xlsx", sheet("<c><v>" + "1" * 80_000_000 + "</v></c>"))
    with pytest.raises(UnsafeFileError, match="unpack"):
        read_sheet(bomb)
    for content in (b"PK\x03\x04 cut", b"no archive"):
        (tmp_path / "cut.xlsx").write_bytes(content)
        with pytest.raises(RecordError, match="workbook"):
            read_sheet(tmp_path / "cut.xlsx")
    with pytest.raises(RecordError, match="workbook"):
        read_sheet(workbook(tmp_path / "index.xlsx", sheet('<c t="s"><v>99</v></c>')))
