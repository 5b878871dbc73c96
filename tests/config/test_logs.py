"""A log line stays one line, whatever a message holds."""

import logging
import re

from config.logs import LineFormatter


def test_line_carries_time_level_and_logger():
    line = LineFormatter().format(
        logging.makeLogRecord({"msg": "tick=%s", "args": (7,), "levelname": "INFO", "name": "calls"})
    )

    assert re.fullmatch(r"at=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z level=INFO logger=calls tick=7", line)


def test_line_break_in_a_message_cannot_forge_a_second_line():
    line = LineFormatter().format(logging.makeLogRecord({"msg": "name=%s", "args": ("a\r\nlevel=ERROR",)}))

    assert "\n" not in line
    assert "\r" not in line
