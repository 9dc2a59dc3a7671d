/** The look of a report: paper and ink as on the dashboard, light and dark, on paper always light. */
const light = `--page:#f5f3ee;--panel:#fffefb;--line:#e3dfd5;--text:#1d2126;--soft:#565c63;--faint:#6f747a;
--ok:#2f7d5b;--ok-bright:#4fa47e;--warning:#93610a;--critical:#b3261e;--critical-bright:#d8493f;--unknown:#63686e;--none:#cec8ba;--accent:#2f4380`;
const dark = `--page:#101318;--panel:#171b22;--line:#272d37;--text:#e8e9eb;--soft:#aab0b9;--faint:#8b929c;
--ok:#6cc59c;--ok-bright:#459a76;--warning:#e8b254;--critical:#ff8f84;--critical-bright:#e05a4f;--unknown:#9aa1ab;--none:#3a424f;--accent:#b1c0ea`;

export const pageStyle = `
:root{${light};color-scheme:light dark}
@media (prefers-color-scheme:dark){:root{${dark}}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:15px/1.5 Inter,"Inter Variable",system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;-webkit-text-size-adjust:100%}
main{max-width:1000px;margin:0 auto;padding:40px 24px 32px}
header{margin-bottom:28px}
p{margin:0}
.title{color:var(--soft);font-size:13px;font-weight:600}
h1{margin:8px 0 6px;padding-left:14px;border-left:5px solid var(--unknown);font-size:28px;line-height:1.2;font-weight:650;letter-spacing:-.02em;text-wrap:balance;overflow-wrap:anywhere}
h1.ok{border-color:var(--ok-bright)}h1.warning{border-color:var(--warning)}h1.critical{border-color:var(--critical-bright)}
.lead{font-size:16px}
.span{margin-top:4px;color:var(--faint);font-size:13px}
h2{margin:0 0 10px;font-size:16px;font-weight:650;letter-spacing:-.01em}
dl{margin:0}dd{margin:0}
.figures{display:grid;grid-template-columns:repeat(4,1fr);gap:1px;margin-bottom:32px;background:var(--line);border:1px solid var(--line);border-radius:11px;overflow:hidden}
.figures>div{background:var(--panel);padding:14px 16px;min-width:0}
.figures[data-columns="3"]{grid-template-columns:repeat(3,1fr)}.figures>div:last-child:nth-child(4n+1){grid-column:span 4}.figures>div:last-child:nth-child(4n+2){grid-column:span 3}.figures>div:last-child:nth-child(4n+3){grid-column:span 2}.figures[data-columns="3"]>div:last-child{grid-column:auto}
.figures dt{color:var(--soft);font-size:13px}
.figures .value{font-size:26px;line-height:1.25;font-weight:600;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.figures.words .value{font-size:19px;line-height:25px;letter-spacing:-.01em;overflow-wrap:anywhere}
.note{display:block;color:var(--faint);font-size:12.5px;line-height:1.4;overflow-wrap:anywhere}
section{margin-bottom:28px;background:var(--panel);border:1px solid var(--line);border-radius:11px;padding:18px 20px}
.text{color:var(--soft)}
table+.text,.scroll+.text,.items+.text{margin-top:10px;font-size:13px}
.scroll{overflow-x:auto;margin:0 -20px}
table{width:100%;border-collapse:collapse;font-size:14px}
th{padding:0 10px 7px;text-align:left;color:var(--faint);font-size:12.5px;font-weight:500;white-space:nowrap;border-bottom:1px solid var(--line)}
td{padding:9px 10px;vertical-align:top;border-bottom:1px solid var(--line)}
tbody tr:last-child td{border-bottom:0;padding-bottom:0}
th:first-child,td:first-child{padding-left:20px}th:last-child,td:last-child{padding-right:20px}
td .main{font-weight:500;overflow-wrap:anywhere}
.number{text-align:right;font-variant-numeric:tabular-nums}
.number .main,.short{white-space:nowrap}
th:first-child,td:first-child{min-width:96px}
.number svg{margin-left:auto}
.ok{color:var(--ok)}.warning{color:var(--warning)}.critical{color:var(--critical)}.unknown{color:var(--unknown)}h1.ok,h1.warning,h1.critical,h1.unknown,.figures .ok,.quiet{color:inherit}
svg{display:block}
.strip .good{fill:var(--ok-bright)}.strip .bad{fill:var(--critical-bright)}.strip .none{fill:var(--none)}
.curve polyline{fill:none;stroke:var(--accent);stroke-width:1.6;stroke-linejoin:round;stroke-linecap:round}
.curve circle{fill:var(--accent)}
.curve .limit{stroke:var(--critical-bright);stroke-width:1;stroke-dasharray:3 3}
.bar .track{fill:var(--line)}.bar .fill{fill:var(--ok-bright)}
.warning~.bar .fill{fill:var(--warning)}.critical~.bar .fill{fill:var(--critical-bright)}
.items>div{display:grid;grid-template-columns:130px 1fr;gap:4px 16px;padding:8px 0;border-bottom:1px solid var(--line)}
.items>div:last-child{border-bottom:0;padding-bottom:0}
.items dt{font-weight:500;overflow-wrap:anywhere}
.items dd{color:var(--soft);overflow-wrap:anywhere}
code{display:block;width:fit-content;max-width:100%;margin-top:4px;padding:3px 8px;background:var(--page);border:1px solid var(--line);border-radius:7px;color:var(--text);font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
ul{margin:0;padding-left:20px}
.typed>*+*{margin-top:6px}.typed code{display:inline;padding:1px 5px}.typed h3,.typed h4,.typed h5,.typed h6{margin:0;font-size:15px}.typed a{color:var(--accent)}
.typed pre{margin:6px 0 0;padding:8px 10px;overflow-x:auto;background:var(--page);border:1px solid var(--line);border-radius:7px;font-size:12.5px}
footer{color:var(--faint);font-size:13px}
@media (max-width:640px){
main{padding:24px 14px}h1{font-size:23px}
.figures,.figures[data-columns="3"]{grid-template-columns:repeat(2,1fr)}.figures>div:last-child:nth-child(n){grid-column:auto}.figures>div:last-child:nth-child(odd),.figures[data-columns="3"]>div:last-child:nth-child(odd){grid-column:span 2}
section{padding:16px}.scroll{margin:0}
thead{display:none}table,tbody,tr,td{display:block;width:100%}
tr{padding:10px 0;border-bottom:1px solid var(--line)}tr:last-child{border-bottom:0;padding-bottom:0}
td,td.number,td:first-child,td:last-child{padding:2px 0;border:0;text-align:left;display:grid;grid-template-columns:110px 1fr;gap:0 12px;align-items:baseline}
td::before{content:attr(data-label);color:var(--faint);font-size:12.5px;grid-row:span 3}
td:empty{display:none}td:first-child{min-width:0}
td>*{grid-column:2}.number svg{margin-left:0}
.items>div{grid-template-columns:1fr}
}
@media print{
:root{${light};color-scheme:light}
@page{margin:14mm}
body{background:#fff;font-size:12px}main{max-width:none;padding:0}
section{break-inside:auto;padding:12px 14px;margin-bottom:14px}.scroll{margin:0 -14px;overflow:visible}
table{font-size:11px}.note,th{font-size:10px}th,td{padding-left:6px;padding-right:6px}.curve{display:none}.strip{width:110px}
h2{break-after:avoid}tr,.items>div,.figures>div{break-inside:avoid}
svg,h1,section,.figures{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}`;
