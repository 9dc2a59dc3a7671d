/**
 * What mail clients understand: tables, inline styles, and for dark a media query over classes where it is honoured
 * (Apple Mail, iOS, Thunderbird, Outlook for Mac); elsewhere it is light.
 */
import type { Story } from '../../wire/story.ts';

export const tones: Readonly<
  Record<Story['tone'], { strong: string; soft: string; softDark: string; text: string }>
> = {
  critical: { strong: '#d6293e', soft: '#fdecee', softDark: '#3b1a1f', text: '#a01225' },
  high: { strong: '#d9480f', soft: '#fff0e6', softDark: '#3b2415', text: '#a83208' },
  medium: { strong: '#b98300', soft: '#fff6db', softDark: '#372d12', text: '#7a5600' },
  low: { strong: '#1c6fd0', soft: '#e7f1fd', softDark: '#152a42', text: '#14539c' },
  good: { strong: '#2b8a3e', soft: '#e6f6ea', softDark: '#16321d', text: '#1f6b2f' },
  neutral: { strong: '#495057', soft: '#f1f3f5', softDark: '#2a2e33', text: '#495057' },
};

export const font =
  "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;";

export function sheet(tone: Story['tone']): string {
  const { softDark } = tones[tone];
  return `
:root{color-scheme:light dark;supported-color-schemes:light dark}
body{margin:0;padding:0;-webkit-text-size-adjust:100%}
.body h2,.body h3,.body h4{margin:20px 0 6px;font-size:16px;line-height:1.4}
.body p,.body ul{margin:0 0 10px}
.body ul{padding-left:20px}
.body li{margin:2px 0}
.body pre,.body code{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:13px}
.body table.data{border-collapse:collapse;margin:0 0 12px}
.body .data th,.body .data td{padding:4px 12px 4px 0;text-align:left;font-size:13px;border-bottom:1px solid #dee2e6}
@media (max-width:620px){.card{width:100%!important;border-radius:0!important}.pad{padding-left:20px!important;padding-right:20px!important}.label,.value{display:block!important;width:auto!important;padding-left:0!important}.label{padding-bottom:0!important}.value{padding-top:1px!important;border-top:0!important}}
@media (prefers-color-scheme:dark){
.page{background:#141619!important}
.card{background:#1e2125!important;border-color:#34393f!important}
.ink{color:#eceef0!important}
.dim,.label{color:#a3abb3!important}
.line{border-color:#34393f!important}
.pill{background:${softDark}!important;color:#f1f3f5!important}
.plain-button{background:#2a2e33!important;border-color:#454b52!important;color:#eceef0!important}
.body .data th,.body .data td{border-color:#34393f!important}
a.read{color:#7db5f5!important}
}`.trim();
}
