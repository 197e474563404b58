"""The style sheet of the report: light or dark as its reader has it, and narrow on a telephone."""

from typing import Final

STYLE: Final = """
:root{color-scheme:light dark;--paper:#fbfaf7;--card:#fff;--ink:#1d2433;--soft:#667085;--rule:#e2dfd6;
--dream:#5b7fd6;--fail:#b45309;--cut:#c2413b;--good:#2f7d4f;--curve:#4464b8}
@media(prefers-color-scheme:dark){:root{--paper:#0b1020;--card:#121931;--ink:#e6eaf5;--soft:#93a0bd;--rule:#26304d;
--dream:#7fa2ff;--fail:#f5a742;--cut:#ff7a70;--good:#6fd49a;--curve:#9db6ff}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:60rem;margin:0 auto;padding:2rem 1rem 4rem}
h1{font:italic 600 clamp(1.6rem,5vw,2.4rem)/1.15 Georgia,serif;margin:0 0 .4rem}
h2{font-size:1.05rem;margin:2.4rem 0 .3rem}p{margin:.2rem 0 .8rem;color:var(--soft);max-width:44rem}
.verdict{padding:.55rem .9rem;border-radius:.6rem;font-weight:600;color:var(--paper);background:var(--good);
max-width:none;margin:.6rem 0 1rem}.verdict.no{background:var(--cut)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.6rem;margin:1.4rem 0}
.tiles div{background:var(--card);border:1px solid var(--rule);border-radius:.6rem;padding:.6rem .8rem}
.tiles b{display:block;font-size:1.35rem;font-variant-numeric:tabular-nums}
.tiles span,.tiles small{display:block;color:var(--soft);font-size:.85rem}
.tiles small{font-variant-numeric:tabular-nums}.tiles .over b,.tiles .over small{color:var(--cut)}
.plot{position:relative;margin:.2rem 0 .6rem}svg{display:block;width:100%;background:var(--card);
border:1px solid var(--rule);border-radius:.3rem}
.ticks,.words{position:relative;font-size:.75rem;color:var(--soft)}.ticks{height:1.3em}
.ticks span,.words span{position:absolute;white-space:nowrap;line-height:1.3;transform:translateX(-50%)}
.ticks span:first-child{transform:none}.words span{transform:none;padding-left:.2em}
.words span.late{transform:translateX(-100%);padding-right:.2em}
.onset{color:var(--fail);stroke:var(--fail)}.cut{color:var(--cut);stroke:var(--cut)}.end{color:var(--soft);stroke:var(--soft)}
path.at{stroke-width:1.5;vector-effect:non-scaling-stroke;fill:none}
path.curve{fill:none;stroke:var(--curve);stroke-width:1.8;vector-effect:non-scaling-stroke;stroke-linejoin:round}
path.level{fill:none;stroke:var(--soft);stroke-width:1;stroke-dasharray:4 4;vector-effect:non-scaling-stroke}
rect.well{fill:var(--dream)}rect.ill{fill:var(--fail)}rect.fall{fill:var(--cut);opacity:.75}
.key{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;font-size:.85rem;color:var(--soft)}
.key i{display:inline-block;width:.8em;height:.8em;border-radius:.2em;margin-right:.4em;vertical-align:-.05em}
.lane{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 1rem;font-size:.85rem;margin-top:.5rem}
.lane span{color:var(--soft)}
table{border-collapse:collapse;width:100%;font-size:.9rem}
td{border-top:1px solid var(--rule);padding:.3rem .4rem;
vertical-align:top;overflow-wrap:anywhere}td:first-child{color:var(--soft);width:40%}
pre{background:var(--card);border:1px solid var(--rule);border-radius:.3rem;padding:.6rem .8rem;
font-size:.85rem;white-space:pre-wrap;overflow-wrap:anywhere;margin:.4rem 0}
@media(max-width:40rem){.words{height:auto!important}.words span,.words span.late{position:static;
display:block;transform:none;white-space:normal;padding:0}td:first-child{width:45%}}
"""
