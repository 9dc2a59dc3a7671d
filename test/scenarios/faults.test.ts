/** Every fault of the demo on real servers: detected, explained, mitigated where the guard allows, resolved. */
import { after, before, describe, test } from 'node:test';
import { faultNames } from '../../src/demo/fault.ts';
import { allUp, playFault } from './play-fault.ts';
import { type WatchedStack, watchStack } from './watched-stack.ts';

describe('faults of a real stack', { concurrency: false }, () => {
  let lab: WatchedStack;
  before(async () => {
    lab = await watchStack();
    await allUp(lab);
  });
  after(() => lab.stop());

  for (const name of faultNames) {
    test(`${name} is detected, explained, acted on and recovered from`, { timeout: 300_000 }, async (t) => {
      const fault = lab.stack.faults.find((one) => one.name === name);
      if (!fault) return t.skip(`this stack has no ${name}: ${lab.stack.missing.join('; ')}`);
      await playFault(lab, fault);
    });
  }
});
