/** Small pictures: a badge for a readme or a footer, and the icon of the browser's tab. */
import { html } from 'hono/html';
import type { ComponentState } from '../../core/status-page.ts';
import { stateWords } from './words.ts';

const colours: Readonly<Record<ComponentState, string>> = {
  operational: '#157347',
  unknown: '#5a6472',
  maintenance: '#1f5fbf',
  degraded: '#8a6100',
  partial: '#b84a00',
  major: '#b3162b',
};

const charWidth = 6.6;

export function badge(label: string, state: ComponentState): string {
  const word = stateWords[state].toLowerCase();
  const shown = label.length > 40 ? `${label.slice(0, 39)}…` : label;
  const [left, right] = [widthOf(shown), widthOf(word)];
  const width = left + right;
  return `${html`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="20" role="img" aria-label="${shown}: ${word}"><title>${shown}: ${word}</title><clipPath id="r"><rect width="${width}" height="20" rx="4"/></clipPath><g clip-path="url(#r)"><rect width="${left}" height="20" fill="#3b424c"/><rect x="${left}" width="${right}" height="20" fill="${colours[state]}"/></g><g fill="#fff" text-anchor="middle" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11"><text x="${left / 2}" y="14" textLength="${left - 12}">${shown}</text><text x="${left + right / 2}" y="14" textLength="${right - 12}">${word}</text></g></svg>`}\n`;
}

function widthOf(text: string): number {
  return Math.round([...text].length * charWidth) + 14;
}

export function icon(state: ComponentState): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="13" fill="${colours[state]}"/></svg>\n`;
}
