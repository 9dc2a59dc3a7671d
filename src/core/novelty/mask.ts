/** What differs from line to line of the same message is masked, so that lines can be compared. Pure. */

const longest = 2_000;

/** In this order: what holds numbers and colons goes before numbers. */
const masks: readonly (readonly [RegExp, string])[] = [
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?( ?(Z|[+-]\d\d:?\d\d|[A-Z]{3,4})\b)?/g, '<time>'],
  [
    /\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)?,? ?(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +\d{1,2} \d\d:\d\d:\d\d\b/g,
    '<time>',
  ],
  [/\b\d\d:\d\d:\d\d([.,]\d+)?\b/g, '<time>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>'],
  [/\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/gi, '<url>'],
  [/\b[\w.+-]+@[\w-]+(\.[\w-]+)+\b/g, '<email>'],
  [/"[^"]*"/g, '<text>'],
  [/(?<![\w])'[^']*'(?![\w])/g, '<text>'],
  [/\b\d{1,3}(\.\d{1,3}){3}(:\d+)?(\/\d{1,2})?\b/g, '<ip>'],
  [/\b([0-9a-f]{1,4}:){3,7}[0-9a-f]{0,4}\b/gi, '<ip>'],
  [/(?<![\w<])\/[\w.@%+~-]+(\/[\w.@%+~-]*)*/g, '<path>'],
  [/\b0x[0-9a-f]+\b/gi, '<hex>'],
  [/\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,}\b/gi, '<hex>'],
  [/[-+]?\b\d+([.,]\d+)*(?=\b|[a-zA-Z%])/g, '<n>'],
];

/** A line without times, addresses, ids, paths, quoted texts and numbers; cut at 2,000 characters. */
export function masked(line: string): string {
  let text = line.slice(0, longest);
  for (const [pattern, name] of masks) text = text.replace(pattern, name);
  return text.replace(/\s+/g, ' ').trim();
}
