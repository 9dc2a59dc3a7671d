import { formatMoment } from '../format/time.ts';

const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** Any value as text, never as markup; moments on the clock of whoever reads. */
export function scalarText(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'string') return rfc3339.test(value) ? formatMoment(Date.parse(value)) : value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(scalarText).join(', ');
  return Object.entries(value)
    .map(([name, each]) => `${name} ${scalarText(each)}`)
    .join('; ');
}
