"""From the office's lines to those of hal.lines."""

from firmware.config.schema import Line, Office, Site
from firmware.line_setup import line_configs
from hal.lines.config import AnswerBy, LineConfig
from hal.lines.tones import LearnedTone

TONE = LearnedTone(425, 0, 250, 250, 3)


def test_what_the_office_says_and_what_was_learned() -> None:
    office = Office(
        site=Site(country="DE"),
        lines=(
            Line(number=1, name="Sales"),
            Line(number=3, name="Fax", rx_gain_db=3.5, tx_gain_db=-6, answer_by="polarity"),
            Line(number=4, name="PBX", caller_id="none"),
        ),
    )
    assert line_configs(office, {3: (TONE,), 7: (TONE,)}) == [
        LineConfig(1, "DE", "Sales"),
        LineConfig(
            3, "DE", "Fax", rx_gain_db=3.5, tx_gain_db=-6.0, answer_by=AnswerBy.POLARITY,
            learned=(TONE,),
        ),
        LineConfig(4, "DE", "PBX", caller_id=()),
    ]  # fmt: skip


def test_every_way_of_caller_id_means_listening_always() -> None:
    office = Office(lines=(Line(number=1, name="Adapter", caller_id="any"),))
    [config] = line_configs(office, {})
    assert config.listen_always
    assert set(LineConfig(1, "ZA").ways) < set(config.ways)
