import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serveApp } from '../../../test/served-app.ts';

test('a change of what is not watched says what there is, what was meant and how it is kept all the same', async (t) => {
  const app = await serveApp({
    yaml: `name: changed
targets: { web: { system: tcp, host: 127.0.0.1, port: 1, every: 1h } }
services: { shop: { targets: [web] } }
`,
  });
  t.after(() => app.stop());
  const record = (input: object) => app.call('change.record', { summary: 'release 4.2.1', ...input });
  await assert.rejects(
    record({ target: 'wbe' }),
    /no target is called wbe; did you mean web\?; there are web\. Nothing was recorded: leave --target out/,
  );
  await assert.rejects(record({ target: 'shop' }), /shop is a service: --service shop/);
  await assert.rejects(record({ service: 'web' }), /web is a target: --target web/);
  await record({ service: 'shop' });
});
