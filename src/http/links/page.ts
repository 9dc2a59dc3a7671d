/** One small page without script and without a word that is not ours or escaped. */
import { html } from 'hono/html';
import type { Level } from '../../core/severity.ts';

export interface Page {
  readonly status: 200 | 404 | 409 | 410;
  readonly tone: Level | 'good' | 'neutral';
  /** The level in the team's words. */
  readonly badge: string | null;
  readonly heading: string;
  readonly lead: string;
  readonly facts: readonly { readonly label: string; readonly text: string }[];
  /** Of a plan, in their order. */
  readonly steps: readonly string[];
  /** Null where nothing is to be done; `asks` is the question of its text field. */
  readonly form: { readonly label: string; readonly purpose: string; readonly asks: string | null } | null;
  readonly url: string | null;
}

export function pageOf(page: Page, name: string) {
  const { form } = page;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${page.heading} · ${name}</title>
<link rel="stylesheet" href="/link/style.css">
</head>
<body class="${page.tone}">
<main>
<p class="brand"><span class="dot"></span>${name}${page.badge === null ? '' : html`<span class="badge">${page.badge}</span>`}</p>
<h1>${page.heading}</h1>
${page.lead === '' ? '' : html`<p class="lead">${page.lead}</p>`}
${page.facts.length === 0 ? '' : html`<dl>${page.facts.map(({ label, text }) => html`<div><dt>${label}</dt><dd>${text}</dd></div>`)}</dl>`}
${page.steps.length === 0 ? '' : html`<ol>${page.steps.map((step) => html`<li>${step}</li>`)}</ol>`}
${
  form === null
    ? ''
    : html`<form method="post">
${form.asks === null ? '' : html`<label for="note">${form.asks}</label><textarea id="note" name="note" rows="2" maxlength="2000"></textarea>`}
<button class="${form.purpose}" type="submit">${form.label}</button>
</form>`
}
${page.url === null ? '' : html`<p class="more"><a href="${page.url}">Open in Upkeep</a></p>`}
</main>
</body>
</html>`;
}
