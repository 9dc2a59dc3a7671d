import assert from 'node:assert/strict';
import { registerHooks } from 'node:module';
import { test } from 'node:test';
import { email } from './index.ts';

test('what sends mail is loaded once a channel is declared, not while the first page waits for it', {
  timeout: 180_000,
}, async () => {
  const isLoaded = new Promise<string>((resolve) => {
    registerHooks({
      load(url, context, next) {
        if (url.includes('/nodemailer/')) resolve(url);
        return next(url, context);
      },
    });
  });
  email.bind({ host: 'localhost', from: 'upkeep@shop.example', to: ['ops@shop.example'] });
  assert.match(await isLoaded, /nodemailer/);
});
