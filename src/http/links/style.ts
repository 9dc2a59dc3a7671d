/** Of the pages of signed links; a file of its own, so that no page needs a style inside. */
export const style = `
:root{color-scheme:light dark;--page:#f1f3f5;--card:#fff;--line:#e3e6ea;--ink:#16191d;--dim:#5c6670;--field:#fff;--tone:#495057;--soft:#f1f3f5;--on-soft:#495057}
.critical{--tone:#d6293e;--soft:#fdecee;--on-soft:#a01225}
.high{--tone:#d9480f;--soft:#fff0e6;--on-soft:#a83208}
.medium{--tone:#b98300;--soft:#fff6db;--on-soft:#7a5600}
.low{--tone:#1c6fd0;--soft:#e7f1fd;--on-soft:#14539c}
.good{--tone:#2b8a3e;--soft:#e6f6ea;--on-soft:#1f6b2f}
@media (prefers-color-scheme:dark){
:root{--page:#141619;--card:#1e2125;--line:#34393f;--ink:#eceef0;--dim:#a3abb3;--field:#141619}
body{--soft:#2a2e33!important;--on-soft:#eceef0!important}
}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:24px 16px;background:var(--page);color:var(--ink);font:16px/1.5 -apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif}
main{width:100%;max-width:520px;background:var(--card);border:1px solid var(--line);border-top:5px solid var(--tone);border-radius:14px;padding:28px 32px 24px;box-shadow:0 12px 32px rgb(0 0 0/.08)}
.brand{display:flex;align-items:center;gap:10px;margin:0;color:var(--dim);font-size:14px}
.dot{width:10px;height:10px;border-radius:50%;background:var(--tone)}
.badge{margin-left:auto;padding:3px 12px;border-radius:999px;background:var(--soft);color:var(--on-soft);font-size:13px;font-weight:700}
h1{margin:14px 0 6px;font-size:24px;line-height:1.25;letter-spacing:-.01em}
.lead{margin:0 0 6px;color:var(--dim)}
dl{margin:18px 0 0}
dl div{display:grid;grid-template-columns:104px 1fr;gap:12px;padding:9px 0;border-top:1px solid var(--line);font-size:15px}
dt{color:var(--dim);font-size:14px}
dd{margin:0;overflow-wrap:anywhere}
ol{margin:12px 0 0;padding:12px 16px 12px 34px;border-radius:10px;background:var(--page);font-size:14px}
li{margin:3px 0;overflow-wrap:anywhere}
form{margin:22px 0 0;display:grid;gap:10px}
label{font-size:14px;color:var(--dim)}
textarea{width:100%;padding:10px 12px;border:1px solid var(--line);border-radius:10px;background:var(--field);color:inherit;font:inherit;resize:vertical}
button{min-height:48px;border:0;border-radius:10px;background:#1c6fd0;color:#fff;font:inherit;font-weight:600;cursor:pointer}
button.acknowledge{background:var(--tone)}
button.resolve,button.approve{background:#2b8a3e}
button.deny{background:#d6293e}
button:hover{filter:brightness(1.08)}
button:focus-visible,a:focus-visible,textarea:focus-visible{outline:3px solid var(--tone);outline-offset:2px}
.more{margin:18px 0 0;font-size:14px;text-align:center}
a{color:#1c6fd0}
@media (prefers-color-scheme:dark){a{color:#7db5f5}}
@media (max-width:480px){main{padding:22px 20px}dl div{grid-template-columns:1fr;gap:0}}
`;
