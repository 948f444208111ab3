"""Tables as one workbook: XLSX (ECMA-376).

Pure. No cell can make a spreadsheet compute: text is typed as text. A module of its own, because
what it stands on takes a tenth of a start: the core, which knows the tables, never needs it.

Tests: tests/firmware/records/test_sheets.py.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Final

from openpyxl import Workbook
from openpyxl.cell.cell import Cell as XlsxCell
from openpyxl.cell.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from firmware.records.figures import Unit
from firmware.records.sheets import Cell, Sheet

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""No character of XML 1.0, clause 2.2."""
_FORMATS: Final = {
    Unit.COUNT: "0",
    Unit.SECONDS: "0.0",
    Unit.SHARE: "0.0%",
    Unit.MARK: "0.00",
    Unit.POINTS: "0",
    Unit.ESTIMATE: "0.0",
}


def as_xlsx(sheets: Sequence[Sheet]) -> bytes:
    """All tables as one workbook."""
    book = Workbook(write_only=True)
    for sheet in sheets:
        page = book.create_sheet(sheet.title)
        page.freeze_panes = "B2"
        for n in range(len(sheet.header)):
            page.column_dimensions[get_column_letter(n + 1)].width = 24 if n == 0 else 15
        page.append([_text(page, title, is_bold=True) for title in sheet.header])
        for row in sheet.rows:
            cells = zip(row, sheet.units, strict=True)
            page.append([_cell(page, value, unit) for value, unit in cells])
    octets = io.BytesIO()
    book.save(octets)
    return octets.getvalue()


def _cell(page: WriteOnlyWorksheet, value: Cell, unit: Unit | None) -> XlsxCell:
    if isinstance(value, str):
        return _text(page, value)
    cell = WriteOnlyCell(page, value)
    if unit is not None:
        cell.number_format = _FORMATS[unit]
    return cell


def _text(page: WriteOnlyWorksheet, text: str, is_bold: bool = False) -> XlsxCell:
    cell = WriteOnlyCell(page, _CONTROL.sub("", text))
    cell.data_type = "s"  # whatever it begins with
    if is_bold:
        cell.font = Font(bold=True)
    return cell
