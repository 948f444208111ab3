"""The README's diagrams are those of the code."""

import pytest

from hal.leg import TABLE
from tools.diagrams import README, drawn, mermaid, tables


def test_the_readme_shows_the_tables_of_the_code() -> None:
    text = README.read_text(encoding="utf-8")
    assert "stateDiagram-v2" in text
    assert drawn(text) == text, "run `make diagrams`"


def test_every_move_of_a_table_is_drawn() -> None:
    shown = mermaid(tables()["leg"])
    assert "    offered --> answered: answer" in shown
    assert shown.count("-->") == len({(a, b) for (a, _), b in TABLE.items()})


def test_a_diagram_without_a_table_is_named() -> None:
    with pytest.raises(KeyError, match="nothing"):
        drawn("<!-- diagram nothing --><!-- end -->")
