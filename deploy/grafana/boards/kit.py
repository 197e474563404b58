"""How panels look: numbers and lines, their colours, their words, and where they stand on the grid.

Rules. Every query asks the data source, the job and the instances that are chosen at the top of the board:
`scoped` adds them, so that a panel's code names only what it shows. A title has room at 1280 pixels.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from grafana_foundation_sdk.builders import common as looks
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders import prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common, dashboard

from boards.alerting.rules import PREFIX
from boards.links import JOB

SOURCE: Final = dashboard.DataSourceRef(type_val="prometheus", uid="${datasource}")
SCOPE: Final = 'job=~"$job", instance=~"$instance"'
_SERIES: Final = re.compile(r"\b((?:dreamd|grpc_server)_\w+|up)\b(?:\{([^}]*)\})?")
TITLE_PER_COLUMN: Final = 5.5
"""Letters of a title that one of the 24 columns has room for on a screen of 1280 pixels."""

GREEN, ORANGE, RED, BLUE = "green", "orange", "red", "blue"
NOT_KNOWN: Final = "not known"

Panel = stat.Panel | timeseries.Panel | build.Panel
Step = tuple[float, str]
ZERO_IS_WELL: Final[tuple[Step, ...]] = ((0.0, GREEN), (1.0, RED))
PLAIN: Final[tuple[Step, ...]] = ((0.0, BLUE),)

SEVERED: Final = "severed"
STARTED: Final = "started"
_MORE: Final[dict[str, dict[str, str | bool]]] = {
    SEVERED: {"titleFormat": "severed: {{cause}}", "tagKeys": "cause", "step": "5s"},
    STARTED: {
        "titleFormat": "dreamd started: a deploy, or new settings",
        "textFormat": "version {{version}}, settings {{settings}}",
        "useValueForTime": "on",
    },
}
"""Fields of an annotation that Grafana reads and the SDK lacks."""


@dataclass(frozen=True, slots=True)
class Query:
    """One query. legend: how its series are named, `{{label}}` filled in."""

    expr: str
    legend: str = ""


def scoped(expr: str) -> str:
    """The expression with the chosen job and instances in every selector."""

    def add(found: re.Match[str]) -> str:
        more = f", {found[2]}" if found[2] else ""
        return f"{found[1]}{{{SCOPE}{more}}}"

    return _SERIES.sub(add, expr)


def _said(says: str, lists: Sequence[str]) -> str:
    return says + "\n\n" + "\n".join(f"`{command}`\n" for command in lists)


def _thresholds(steps: Sequence[Step]) -> build.ThresholdsConfig:
    """Return thresholds: values below the first step, NaN and no data are orange, for unknown is not well."""
    made = [dashboard.Threshold(value=None, color=ORANGE)]
    made += [dashboard.Threshold(value=value, color=color) for value, color in steps]
    return build.ThresholdsConfig().mode(dashboard.ThresholdsMode.ABSOLUTE).steps(made)


def _mappings(nothing: str) -> list[dashboard.ValueMapping]:
    unknown = dashboard.ValueMappingResult(text=NOT_KNOWN, color=ORANGE)
    none = dashboard.ValueMappingResult(text=nothing, color=ORANGE if nothing == NOT_KNOWN else GREEN)
    special = dashboard.DashboardSpecialValueMapOptions(dashboard.SpecialValueMatch.NULL_AND_NAN, none)
    return [dashboard.ValueMap({"-1": unknown}), dashboard.SpecialValueMap(special)]


def number(
    title: str,
    says: str,
    expr: str,
    *,
    lists: Sequence[str],
    width: int = 4,
    height: int = 4,
    unit: str = "none",
    steps: Sequence[Step] = PLAIN,
    label: str = "",
    nothing: str = NOT_KNOWN,
) -> stat.Panel:
    """One large number on a coloured ground.

    Args:
        title: what it is.
        says: what it means for sleepers.
        expr: an instant query of one series; -1 stands for not known.
        lists: the commands that list who it is.
        width: of 24 columns.
        height: of the grid's rows.
        unit: Grafana's word for it.
        steps: from which value on which colour.
        label: show this label's value instead.
        nothing: what a NaN says, where that is no lack of knowledge.
    """
    query = (
        prometheus.Dataquery().expr(scoped(expr)).instant().legend_format(f"{{{{{label}}}}}" if label else "")
    )
    shown = looks.ReduceDataOptions().calcs(["lastNotNull" if label else "last"]).values(values=False)
    return (
        stat.Panel()
        .title(title)
        .description(_said(says, lists))
        .datasource(SOURCE)
        .with_target(query.ref_id("A").datasource(SOURCE))
        .span(width)
        .height(height)
        .unit(unit)
        .no_value(NOT_KNOWN)
        .mappings(_mappings(nothing))
        .thresholds(_thresholds(steps))
        .reduce_options(shown)
        .color_mode(common.BigValueColorMode.BACKGROUND)
        .graph_mode(common.BigValueGraphMode.NONE)
        .text_mode(common.BigValueTextMode.NAME if label else common.BigValueTextMode.VALUE)
    )


def lines(
    title: str,
    says: str,
    *queries: Query,
    lists: Sequence[str],
    width: int = 8,
    height: int = 8,
    unit: str = "none",
    bounds: Sequence[Step] = (),
    bars: bool = False,
    signed: bool = False,
    top: float | None = None,
) -> timeseries.Panel:
    """Lines over time, or stacked bars of whole numbers; `bounds` are dashed: there something happens.

    Unless `signed`, the axis begins at 0; `top` is in the picture, whatever the values are.
    """
    panel = (
        timeseries.Panel()
        .title(title)
        .description(_said(says, lists))
        .datasource(SOURCE)
        .span(width)
        .height(height)
        .unit(unit)
        .no_value(NOT_KNOWN)
        .line_width(1.5)
        .fill_opacity(80 if bars else 8)
        .show_points(common.VisibilityMode.NEVER)
        .legend(
            looks.VizLegendOptions()
            .display_mode(common.LegendDisplayMode.LIST)
            .placement(common.LegendPlacement.BOTTOM)
            .show_legend(show_legend=True)
        )
        .tooltip(looks.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI))
    )
    if not signed:
        panel.min(0)
    if top is not None:
        panel.axis_soft_max(top)
    if bars:
        panel.decimals(0)
        panel.draw_style(common.GraphDrawStyle.BARS)
        panel.stacking(looks.StackingConfig().mode(common.StackingMode.NORMAL))
    if bounds:
        panel.thresholds(_bounds(bounds))
        panel.thresholds_style(
            looks.GraphThresholdsStyleConfig().mode(common.GraphThresholdsStyleMode.DASHED)
        )
    for number_, query in enumerate(queries):
        asked = prometheus.Dataquery().expr(scoped(query.expr)).range().legend_format(query.legend)
        panel.with_target(asked.ref_id(chr(ord("A") + number_)).datasource(SOURCE))
    return panel


def _bounds(bounds: Sequence[Step]) -> build.ThresholdsConfig:
    made = [dashboard.Threshold(value=None, color="transparent")]
    made += [dashboard.Threshold(value=value, color=color) for value, color in bounds]
    return build.ThresholdsConfig().mode(dashboard.ThresholdsMode.ABSOLUTE).steps(made)


def firing(says: str, lists: Sequence[str], width: int, height: int) -> build.Panel:
    """The list of our alerts that fire or are about to, the gravest first."""
    return (
        build.Panel()
        .type("alertlist")
        .title("Alerts")
        .description(_said(says, lists))
        .span(width)
        .height(height)
        .options(
            {
                "alertName": PREFIX,
                "dashboardAlerts": False,
                "groupMode": "default",
                "maxItems": 20,
                "showInactiveAlerts": False,
                "sortOrder": 3,  # by importance
                "stateFilter": {
                    "error": True,
                    "firing": True,
                    "noData": False,
                    "normal": False,
                    "pending": True,
                },
                "viewMode": "list",
            }
        )
    )


def row(title: str) -> build.Row:
    """A heading; the panels behind it, up to the next one, fold under it."""
    return build.Row(title)


def choice(name: str, label: str, values: str) -> build.QueryVariable:
    """A variable: all, or some, of the values of a label."""
    return (
        build.QueryVariable(name)
        .label(label)
        .datasource(SOURCE)
        .query({"query": scoped(values), "refId": "A"})
        .refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(dashboard.VariableSort.ALPHABETICAL_ASC)
        .multi(multi=True)
        .include_all(include_all=True)
        .all_value(".*")
    )


def _everywhere() -> list[build.DatasourceVariable | build.QueryVariable]:
    """The variables of every board: which Prometheus, which scrape job, which daemons."""
    job = build.QueryVariable("job").label("Job").datasource(SOURCE)
    job = job.query({"query": "label_values(dreamd_build_info, job)", "refId": "A"})
    instance = build.QueryVariable("instance").label("Daemon").datasource(SOURCE)
    instance = instance.query(
        {"query": 'label_values(dreamd_build_info{job=~"$job"}, instance)', "refId": "A"}
    )
    return [
        build.DatasourceVariable("datasource").label("Data source").type("prometheus"),
        job.refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED).current(
            dashboard.VariableOption(selected=True, text=JOB, value=JOB)
        ),
        instance.refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(dashboard.VariableSort.ALPHABETICAL_ASC)
        .multi(multi=True)
        .include_all(include_all=True)
        .all_value(".*"),
    ]


def _annotation(name: str, expr: str, color: str) -> build.AnnotationQuery:
    made = build.AnnotationQuery().name(name).datasource(SOURCE).enable(enable=True)
    return made.icon_color(color).expr(scoped(expr))


def board(
    name: str,
    title: str,
    says: str,
    panels: Sequence[Panel | build.Row],
    variables: Sequence[build.QueryVariable] = (),
    span: str = "now-30m",
) -> build.Dashboard:
    """A board; its panels fill the grid from the top left in their order, severs and starts annotated."""
    made = (
        build.Dashboard(f"dreamd / {title}")
        .uid(f"dreamd-{name}")
        .description(says)
        .tags(["dreamd"])
        .timezone("browser")
        .readonly()
        .refresh("5s")
        .time(span, "now")
        .tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
        .annotation(
            _annotation(SEVERED, "sum by (cause) (increase(dreamd_severed_total[$__rate_interval])) > 0", RED)
        )
        .annotation(
            _annotation(
                STARTED,
                "1000 * dreamd_process_start_time_seconds"
                " * on (instance) group_left (version) dreamd_build_info"
                " * on (instance) group_left (settings) dreamd_settings_info",
                BLUE,
            )
        )
        .link(
            build.DashboardLink("dreamd")
            .type(dashboard.DashboardLinkType.DASHBOARDS)
            .tags(["dreamd"])
            .as_dropdown(as_dropdown=True)
            .keep_time(keep_time=True)
            .include_vars(include_vars=True)
        )
    )
    for variable in (*_everywhere(), *variables):
        made.with_variable(variable)
    for panel in panels:
        if isinstance(panel, build.Row):
            made.with_row(panel)
        else:
            made.with_panel(panel)
    return made


def written(made: build.Dashboard) -> str:
    """The board as the JSON that is committed."""
    tree: dict[str, Any] = json.loads(json.dumps(made.build(), cls=JSONEncoder))
    for annotation in tree["annotations"]["list"]:
        annotation.update(_MORE[annotation["name"]])
    for number_, panel in enumerate(tree["panels"], 1):
        panel["id"] = number_
    return json.dumps(tree, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
