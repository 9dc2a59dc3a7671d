/** A process of its own that answers every request, so that serving the checks is not counted as making them. */
import { startWeb } from './web.ts';

const web = await startWeb();
process.on('SIGTERM', () => process.exit(0));
process.stdout.write(`listening on ${web.port}\n`);
