"""A tap whose streams are, beside those of its own, the reports that the settings name."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from typing import ClassVar

from singer_sdk import Stream

from tap_toolkit.reports import Report, ReportStream, ReportTable
from tap_toolkit.tap import PlatformTap


class ReportTap(PlatformTap):
    """A platform gives its table of reports, whose settings it lists with its own, and how a report is read."""

    report_table: ClassVar[ReportTable]
    # Windows mostly wait for reports, and platforms that name no limit of reports prepare at least a hundred at once.
    windows_at_once = 128

    @abc.abstractmethod
    def report_stream(self, report: Report, patience: float) -> type[ReportStream]:
        """The stream of a report; one that takes longer than ``patience``, in seconds, is lost."""

    def check_config(self) -> list[str]:
        """Also what is wrong with the reports asked for."""
        taken = [stream.name for stream in self.stream_types]
        return super().check_config() + self.report_table.read(self._config, taken)[1]

    def make_streams(self) -> Sequence[Stream]:
        """The platform's own streams, and one for each report."""
        reports, _ = self.report_table.read(self.config)
        patience = 60.0 * self.config.get("report_minutes", 0)
        return [*super().make_streams(), *(self.report_stream(report, patience)(self) for report in reports)]
