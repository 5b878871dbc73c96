"""What the reports read: filters, the rows each count counts, the counts, the trend, and the funnel made of them."""

from reports.selectors.counts import counts, counts_by, share_of_cost
from reports.selectors.filters import UNASSIGNED, Basis, ReportFilter
from reports.selectors.funnel import FunnelReport, Line, figures_of, funnel_report
from reports.selectors.rows import Kind, countable, kind_of, openable, rows_for, visible_leads
from reports.selectors.tiers import NEWLY_CALLED, Steps, TierReport, tier_report
from reports.selectors.trend import Bucket, buckets, trend

__all__ = [
    "NEWLY_CALLED",
    "UNASSIGNED",
    "Basis",
    "Bucket",
    "FunnelReport",
    "Kind",
    "Line",
    "ReportFilter",
    "Steps",
    "TierReport",
    "buckets",
    "countable",
    "counts",
    "counts_by",
    "figures_of",
    "funnel_report",
    "kind_of",
    "openable",
    "rows_for",
    "share_of_cost",
    "tier_report",
    "trend",
    "visible_leads",
]
