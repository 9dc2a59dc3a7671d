/** Every generated page by its path; a test holds that the files on disk equal them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { notifiers } from '../../src/notifiers/index.ts';
import { systems } from '../../src/systems/index.ts';
import { verbs } from '../../src/verbs/index.ts';
import { configurationPage } from './configuration-page.ts';
import { errorsPage } from './errors-page.ts';
import { verbsPage } from './verbs-page.ts';

export function pages(): Readonly<Record<string, string>> {
  const example = readFileSync(join(import.meta.dirname, '../../examples/every-key.yaml'), 'utf8');
  return {
    'docs/reference/verbs.md': verbsPage(verbs),
    'docs/reference/configuration.md': configurationPage({ example, systems, notifiers }),
    'docs/reference/errors.md': errorsPage(),
  };
}
