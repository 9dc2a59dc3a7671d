import type { Scalar } from '../../../src/core/evidence.ts';
import { nameInWords, valueInWords } from '../../../src/core/fact-words.ts';
import { formatMoment } from '../format/time.ts';

const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/**
 * Any value as text, never as markup; moments on the clock of whoever reads.
 * @param name of the fact or column, which tells the unit: `noiseMs`, `sizeBytes`
 */
export function scalarText(value: unknown, name = ''): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'string') return rfc3339.test(value) ? formatMoment(Date.parse(value)) : value;
  if (isScalar(value)) return valueInWords(name, value, formatMoment);
  if (Array.isArray(value))
    return value.length === 0 ? 'none' : value.map((each) => scalarText(each, name)).join(', ');
  return Object.entries(value)
    .map(([key, each]) => `${nameInWords(key)} ${scalarText(each, key)}`)
    .join('; ');
}

function isScalar(value: unknown): value is Scalar {
  return typeof value === 'number' || typeof value === 'boolean';
}
