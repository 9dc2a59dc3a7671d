/** Small inline SVG pictures; colours come from the page's classes, the caption is their text. */
import type { Drawing } from './document.ts';
import { escapeHtml } from './escape-html.ts';

const height = 22;
const boxWidth = 5;
const boxStep = 7;
const curveWidth = 120;

export function drawingSvg(drawing: Drawing): string {
  switch (drawing.kind) {
    case 'strip':
      return svg(drawing.shares.length * boxStep, drawing.caption, 'strip', stripBoxes(drawing.shares));
    case 'line':
      return curveSvg(drawing);
    case 'bar':
      return svg(
        64,
        drawing.caption,
        'bar',
        `<rect class="track" width="64" height="5" y="2" rx="2.5"/><rect class="fill" width="${number(64 * drawing.share)}" height="5" y="2" rx="2.5"/>`,
        9,
      );
  }
}

/** Full height is well; the lost share is cut from the top, at least a visible fifth. */
function stripBoxes(shares: readonly (number | null)[]): string {
  return shares
    .map((share, index) => {
      const x = index * boxStep;
      if (share === null)
        return `<rect class="none" x="${x}" y="${height - 3}" width="${boxWidth}" height="3" rx="1"/>`;
      const lost = share >= 1 ? 0 : Math.min(1, Math.max(0.2, 1 - share));
      const bad = lost * height;
      const good = height - bad;
      return [
        good > 0
          ? `<rect class="good" x="${x}" y="${number(bad)}" width="${boxWidth}" height="${number(good)}" rx="1"/>`
          : '',
        bad > 0
          ? `<rect class="bad" x="${x}" y="0" width="${boxWidth}" height="${number(bad)}" rx="1"/>`
          : '',
      ].join('');
    })
    .join('');
}

function curveSvg({ values, limit, caption }: Extract<Drawing, { kind: 'line' }>): string {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return '';
  const highest = Math.max(...known, limit !== null && limit < 3 * Math.max(...known) ? limit : 0);
  const y = (value: number) => height - 2 - (value / (highest || 1)) * (height - 4);
  const x = (index: number) => (values.length < 2 ? 0 : (index / (values.length - 1)) * curveWidth);
  const lines = runs(values).map((run) => {
    const points = run.map(({ index, value }) => `${number(x(index))},${number(y(value))}`);
    return run.length === 1
      ? `<circle cx="${points[0]?.split(',')[0]}" cy="${points[0]?.split(',')[1]}" r="1.5"/>`
      : `<polyline points="${points.join(' ')}"/>`;
  });
  const drawn = limit !== null && limit <= highest;
  const line = drawn
    ? `<line class="limit" x1="0" x2="${curveWidth}" y1="${number(y(limit))}" y2="${number(y(limit))}"/>`
    : '';
  return svg(curveWidth, caption, 'curve', line + lines.join(''));
}

/** Unknown values break a curve instead of being bridged. */
function runs(values: readonly (number | null)[]): { index: number; value: number }[][] {
  const found: { index: number; value: number }[][] = [];
  let isOpen = false;
  for (const [index, value] of values.entries()) {
    if (value === null) {
      isOpen = false;
      continue;
    }
    if (!isOpen) found.push([]);
    isOpen = true;
    found.at(-1)?.push({ index, value });
  }
  return found;
}

function svg(width: number, caption: string, kind: string, content: string, tall = height): string {
  const label = escapeHtml(caption);
  return `<svg class="${kind}" role="img" aria-label="${label}" width="${width}" height="${tall}" viewBox="0 0 ${width} ${tall}"><title>${label}</title>${content}</svg>`;
}

function number(value: number): string {
  return String(Math.round(value * 10) / 10);
}
