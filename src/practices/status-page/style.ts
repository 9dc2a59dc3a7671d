import { readable } from './contrast.ts';

/** The look of the page, light and dark by what the reader's system prefers. */
export function styleSheet(accent: string | null): string {
  if (accent === null) return sheet;
  const light = readable(accent, ['#ffffff', '#f6f7f9'], 'black');
  const dark = readable(accent, ['#181c22', '#0f1216'], 'white');
  return `${sheet}:root{--accent:${light}}\n@media (prefers-color-scheme:dark){:root{--accent:${dark}}}\n`;
}

const sheet = `:root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--line:#e4e7ec;--ink:#171b21;--dim:#5a6472;--accent:#1c6fd0;--shade:0 1px 2px rgb(16 24 40/.05),0 1px 3px rgb(16 24 40/.06);
--operational:#1f9d55;--unknown:#9aa3af;--maintenance:#3b7ddd;--degraded:#d99a00;--partial:#e8690b;--major:#d6293e;
--t-operational:#157347;--t-unknown:#5a6472;--t-maintenance:#1f5fbf;--t-degraded:#7d5700;--t-partial:#a84300;--t-major:#b3162b}
@media (prefers-color-scheme:dark){:root{--page:#0f1216;--card:#181c22;--line:#2a3038;--ink:#e9ecf1;--dim:#9ba5b3;--accent:#6aaeff;--shade:none;
--operational:#2fae66;--unknown:#59626e;--maintenance:#4d8ff0;--degraded:#e0a818;--partial:#f07f2a;--major:#ee4b5e;
--t-operational:#5fd394;--t-unknown:#a7b0bd;--t-maintenance:#82b4ff;--t-degraded:#f2c24b;--t-partial:#ffa261;--t-major:#ff8290}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 -apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;overflow-x:hidden}
.top,main,.bottom{max-width:880px;margin:0 auto;padding:0 20px}
main:focus{outline:0}
a{color:var(--accent);text-underline-offset:3px}
a:focus-visible,button:focus-visible,input:focus-visible,li:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:4px}
.skip{position:absolute;left:-999px;top:8px;padding:8px 14px;background:var(--card);z-index:9;border-radius:8px}
.skip:focus{left:8px}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.top{display:flex;align-items:center;justify-content:space-between;gap:16px;padding-top:28px;padding-bottom:28px;flex-wrap:wrap}
.brand{display:flex;align-items:center;gap:12px;color:inherit;text-decoration:none;font-size:20px;font-weight:700;letter-spacing:-.01em;overflow-wrap:anywhere}
.brand img{height:36px;width:auto;max-width:200px;border-radius:6px}
.top nav{display:flex;align-items:center;gap:18px;font-size:15px}
.top nav a{text-decoration:none;color:var(--dim)}
.top nav a:hover{color:var(--ink)}
.top nav .button{padding:8px 16px;border:1px solid var(--line);border-radius:999px;background:var(--card);color:var(--ink);font-weight:600}
h1,h2,h3{line-height:1.3;letter-spacing:-.01em;margin:0}
h2{font-size:18px;margin:36px 0 14px}
h1{font-size:26px}
.banner{--tone:var(--unknown);display:flex;align-items:center;gap:14px;padding:22px 24px;border-radius:14px;background:var(--tone);background:color-mix(in srgb,var(--tone) 13%,var(--card));border:1px solid color-mix(in srgb,var(--tone) 45%,var(--card));font-size:22px;font-weight:700;margin:0 0 24px}
.banner.operational{--tone:var(--operational)}.banner.maintenance{--tone:var(--maintenance)}.banner.degraded{--tone:var(--degraded)}.banner.partial{--tone:var(--partial)}.banner.major{--tone:var(--major)}
.banner .sign{width:32px;height:32px;fill:var(--tone)}
.sign{width:18px;height:18px;flex:none;fill:currentColor}
.sign .m{fill:none;stroke:var(--card);stroke-width:2.2;stroke-linecap:round;stroke-linejoin:round}
.card{background:var(--card);border:1px solid var(--line);border-radius:14px;box-shadow:var(--shade);margin:0 0 16px}
.group-name{padding:14px 24px;font-size:14px;font-weight:600;color:var(--dim);border-bottom:1px solid var(--line);letter-spacing:0}
.component{padding:18px 24px 14px}
.component+.component{border-top:1px solid var(--line)}
.line{display:flex;align-items:flex-start;justify-content:space-between;gap:16px;margin:0 0 10px}
.name{flex:1;min-width:0;font-weight:600;overflow-wrap:anywhere}
.name small{display:block;font-weight:400;font-size:14px;color:var(--dim)}
.state{display:inline-flex;align-items:center;gap:7px;font-size:14px;line-height:1.75;font-weight:600;color:var(--t-unknown);white-space:nowrap}
.state .sign{width:16px;height:16px}
.state.operational{color:var(--t-operational)}.state.maintenance{color:var(--t-maintenance)}.state.degraded{color:var(--t-degraded)}.state.partial{color:var(--t-partial)}.state.major{color:var(--t-major)}
.days{display:flex;gap:2px;height:34px;margin:0;padding:0;list-style:none}
.days li{flex:1 1 0;min-width:0;position:relative;border-radius:3px;background:var(--unknown);opacity:.95}
.days .unknown{background:var(--line)}
.days .operational{background:var(--operational)}
.days .maintenance{background:var(--maintenance)}
.days .degraded{background:linear-gradient(to top,var(--degraded) 82%,color-mix(in srgb,var(--degraded) 35%,var(--card)) 0)}
.days .partial{background:linear-gradient(to top,var(--partial) 90%,color-mix(in srgb,var(--partial) 35%,var(--card)) 0)}
.days .major{background:var(--major)}
.days li:hover,.days li:focus{filter:brightness(.86)}
@media (prefers-color-scheme:dark){.days li:hover,.days li:focus{filter:brightness(1.25)}}
.tip{position:absolute;bottom:calc(100% + 9px);left:50%;transform:translateX(-50%);display:none;width:max-content;max-width:min(280px,76vw);padding:10px 13px;border-radius:10px;background:#171b21;color:#fff;font-size:13px;line-height:1.45;text-align:left;z-index:5;pointer-events:none;box-shadow:0 8px 24px rgb(0 0 0/.25)}
.tip b,.tip span{display:block}
.tip.left{left:-4px;transform:none}
.tip.right{left:auto;right:-4px;transform:none}
.days li:hover .tip,.days li:focus .tip{display:block}
.scale{display:flex;align-items:center;gap:12px;margin:8px 0 0;font-size:13px;color:var(--dim)}
.scale .share{flex:1;display:flex;align-items:center;gap:12px;text-align:center;white-space:nowrap}
.scale .share::before,.scale .share::after{content:'';flex:1;height:1px;background:var(--line)}
.scale .narrow{display:none}
.told{--tone:var(--unknown);padding:20px 24px;border-left:4px solid var(--tone)}
.told.operational{--tone:var(--operational)}.told.maintenance{--tone:var(--maintenance)}.told.degraded{--tone:var(--degraded)}.told.partial{--tone:var(--partial)}.told.major{--tone:var(--major)}
.told h3{display:flex;align-items:center;gap:10px;font-size:17px;flex-wrap:wrap}
.told h3 .sign{fill:var(--tone)}
.told h3 span:not(.badge){flex:1 1 12em;min-width:0;overflow-wrap:anywhere}
.badge{padding:2px 11px;border-radius:999px;background:color-mix(in srgb,var(--tone) 15%,var(--card));font-size:13px;font-weight:600;letter-spacing:0}
.reach{margin:6px 0 0;color:var(--dim);font-size:14px;overflow-wrap:anywhere}
.text{overflow-wrap:anywhere}.text p{margin:10px 0 0}
.updates{list-style:none;margin:16px 0 0;padding:0}
.updates li{position:relative;padding:0 0 16px 22px;overflow-wrap:anywhere}
.updates li::before{content:'';position:absolute;left:3px;top:8px;width:9px;height:9px;border-radius:50%;background:var(--tone)}
.updates li:not(:last-child)::after{content:'';position:absolute;left:7px;top:20px;bottom:-6px;width:1px;background:var(--line)}
.updates li:last-child{padding-bottom:0}
.updates p,.updates ul{margin:4px 0 0}.updates ul{padding-left:20px}.updates ul li{padding:0}.updates ul li::before,.updates ul li::after{display:none}
.when{display:flex;gap:4px 10px;flex-wrap:wrap;align-items:baseline}
.when time{color:var(--dim);font-size:14px}
pre{overflow-x:auto;padding:10px 12px;border-radius:8px;background:var(--page);font-size:13px}
.quiet{color:var(--dim);margin:0 0 14px}
.subscribe{padding:22px 24px;margin-top:36px}
.subscribe h2{margin:0 0 10px}
label{display:block;font-size:14px;color:var(--dim);margin:0 0 6px}
.field{display:flex;gap:10px;flex-wrap:wrap}
input{flex:1 1 240px;min-width:0;min-height:46px;padding:10px 14px;border:1px solid color-mix(in srgb,var(--dim) 55%,var(--card));border-radius:10px;background:var(--page);color:inherit;font:inherit}
button{min-height:46px;padding:10px 22px;border:0;border-radius:10px;background:var(--ink);color:var(--card);font:inherit;font-weight:600;cursor:pointer}
button:hover{opacity:.88}
.hint{margin:10px 0 0;font-size:14px;color:var(--dim)}
.months{display:flex;gap:8px;flex-wrap:wrap;margin:16px 0 0;font-size:14px}
.months a{padding:5px 13px;border:1px solid var(--line);border-radius:999px;background:var(--card);text-decoration:none;color:var(--dim)}
.months a[aria-current]{background:var(--ink);border-color:var(--ink);color:var(--card)}
.note{padding:26px 28px}.note h1{font-size:22px;margin:0 0 8px}.note form{margin:18px 0 0}
.bottom{padding-top:28px;padding-bottom:48px;font-size:14px;color:var(--dim)}
.bottom::before{content:'';display:block;height:1px;margin-bottom:22px;background:var(--line)}
.bottom strong{color:var(--ink);font-weight:600}
.links{display:flex;gap:18px;flex-wrap:wrap}
.links a{color:inherit}
@media (max-width:640px){
.top{padding-top:18px;padding-bottom:18px}
.banner{font-size:18px;padding:18px;gap:12px}.banner .sign{width:28px;height:28px}
.component,.told,.subscribe{padding-left:18px;padding-right:18px}.group-name{padding-left:18px}
.days li:nth-child(-n+60){display:none}
.scale{flex-wrap:wrap;justify-content:space-between;gap:2px 12px}.scale .wide{display:none}.scale .narrow{display:inline}
.scale .share{order:1;flex:1 0 100%;display:block;white-space:normal;text-align:left}.scale .share::before,.scale .share::after{display:none}
.tip.left,.tip.right{left:50%;right:auto;transform:translateX(-50%)}
.days li:nth-child(-n+70) .tip{left:-4px;transform:none}
.days li:nth-child(n+80) .tip{left:auto;right:-4px;transform:none}
}
@media (forced-colors:active){.days li{border:1px solid CanvasText;forced-color-adjust:none}.sign{forced-color-adjust:none}}
@media print{body{background:#fff}.top nav,.subscribe{display:none}}
`;
