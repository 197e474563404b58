"""The style sheet of a festival's page: that of a rehearsal's report, and what this page has more."""

from typing import Final

from dreamd.rehearsal.report_style import STYLE as REPORT_STYLE

STYLE: Final = (
    REPORT_STYLE
    + """
.verdict.now{background:var(--curve)}
.verdict[data-lost]::after{content:" (The festival has ended, or it is not heard.)"}
rect.held{fill:var(--cut)}rect.returning{fill:var(--curve)}rect.merged{fill:var(--dream)}rect.severed{fill:var(--cut)}
rect.alone{fill:var(--rule)}
.plot rect{shape-rendering:crispEdges}.ticks span[style="left:100.00%"]{transform:translateX(-100%)}
rect.round{fill:var(--good)}rect.act{fill:var(--dream)}rect.failure{fill:var(--fail)}rect.action{fill:var(--cut)}
rect.pause{fill:var(--soft)}rect.clinic{fill:var(--curve)}rect.report{fill:var(--good)}rect.morning{fill:var(--soft)}
.rows{display:grid;grid-template-columns:8.5rem 1fr;gap:.1rem .8rem;align-items:center;margin:.6rem 0}
.rows>span{font-size:.85rem;color:var(--soft)}.rows .ticks{grid-column:2}
.told{list-style:none;margin:.4rem 0;padding:0;font-size:.9rem}
.told li{display:grid;grid-template-columns:8.5rem 1fr;gap:.8rem;
border-top:1px solid var(--rule);padding:.25rem 0}
.told time{color:var(--soft);font-variant-numeric:tabular-nums}.told .failure{color:var(--fail)}
.told .action{color:var(--cut)}
summary{cursor:pointer;font-size:.95rem;padding:.4rem 0}
th{text-align:left;font-weight:600;padding:.3rem .4rem;font-size:.85rem;color:var(--soft)}
td .good{color:var(--good);font-weight:600}td .no{color:var(--cut);font-weight:600}
table.account td{width:auto;color:inherit}table.account ul{margin:.2rem 0;padding-left:1.1rem}
h3{font-size:1rem;margin:1.4rem 0 .2rem}
@media(max-width:40rem){.rows{grid-template-columns:1fr}.rows .ticks{grid-column:1}
.told li{grid-template-columns:1fr;gap:0}}
"""
)
