"""The shape of a log line: time, level, logger, then the message; one line an event, whatever the message holds."""

import logging
import time


class LineFormatter(logging.Formatter):
    """`at=… level=… logger=… message`, in UTC, with line breaks escaped so that an event stays one line."""

    converter = time.gmtime
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        line = f"at={self.formatTime(record)} level={record.levelname} logger={record.name} {record.getMessage()}"
        if record.exc_info:
            line += f" exception={self.formatException(record.exc_info)}"
        return line.replace("\r", "\\r").replace("\n", "\\n")
