/** A colour of a team that can be read on our page. Pure. */

type Rgb = readonly [number, number, number];

/** Of small text (WCAG 2.2, 1.4.3, level AA). */
const leastContrast = 4.5;

/** The colour itself where it can be read on each ground, else mixed with white or black as little as it takes. */
export function readable(colour: string, grounds: readonly string[], towards: 'white' | 'black'): string {
  const from = rgbOf(colour);
  const to: Rgb = towards === 'white' ? [255, 255, 255] : [0, 0, 0];
  for (let step = 0; step < 100; step++) {
    const mixed = hexOf(mix(from, to, step / 100));
    if (grounds.every((ground) => contrast(mixed, ground) >= leastContrast)) return mixed;
  }
  return hexOf(to);
}

/** 1 to 21 (WCAG 2.2, relative luminance). */
export function contrast(one: string, other: string): number {
  const [lighter, darker] = [luminance(rgbOf(one)), luminance(rgbOf(other))].sort((a, b) => b - a);
  return ((lighter ?? 0) + 0.05) / ((darker ?? 0) + 0.05);
}

function luminance(rgb: Rgb): number {
  const [r = 0, g = 0, b = 0] = rgb.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function mix(from: Rgb, to: Rgb, share: number): Rgb {
  const part = (at: 0 | 1 | 2) => Math.round(from[at] + (to[at] - from[at]) * share);
  return [part(0), part(1), part(2)];
}

/** @param colour six digits: `#c0187a` */
function rgbOf(colour: string): Rgb {
  const part = (at: number) => Number.parseInt(colour.slice(at, at + 2), 16);
  return [part(1), part(3), part(5)];
}

function hexOf(rgb: Rgb): string {
  return `#${rgb.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}
