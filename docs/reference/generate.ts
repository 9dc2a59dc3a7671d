/** `npm run docs`: writes the reference from what the code says of itself. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pages } from './pages.ts';

for (const [path, text] of Object.entries(pages())) {
  writeFileSync(join(import.meta.dirname, '../..', path), text);
  process.stdout.write(`${path}\n`);
}
