/** The process that Upkeep keeps running: writes down each start, and ends with the test that wanted it. */
import { appendFileSync } from 'node:fs';

const [log = '', harness = ''] = process.argv.slice(2);
appendFileSync(log, `${JSON.stringify({ pid: process.pid, by: process.env.STARTED_BY, at: Date.now() })}\n`);
setInterval(() => {
  try {
    process.kill(Number(harness), 0);
  } catch {
    process.exit();
  }
}, 500);
