import type { Command } from 'commander';
import type { Evidence, Finding } from '../../core/evidence.ts';
import { UpkeepError } from '../../core/verb.ts';
import { verbNamed } from '../../verbs/index.ts';
import { connect } from '../ask.ts';
import { printFindings } from '../print/findings.ts';
import type { Session } from '../session.ts';
import { jsonText } from '../terminal.ts';

interface Found {
  readonly findings: readonly Finding[];
  readonly evidence: readonly Evidence[];
}

export function investigateCommand(program: Command, { world, terminal, exit }: Session): void {
  program
    .command('investigate')
    .description('gather evidence now and explain, ranked')
    .argument('[subject]', 'a target, a service or the id of an incident; everything when left out')
    .option('-c, --config <file>', 'the configuration')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExit code 1 when something is found.\n\nExamples:\n  upkeep investigate\n  upkeep investigate db\n  upkeep investigate 01990d2c --json',
    )
    .action(async (subject: string | undefined, options: { config?: string; json?: boolean }) => {
      const connection = await connect(world, options);
      try {
        await connection.glance();
        const found = await investigate(connection.call, subject);
        terminal.out(options.json ? jsonText(found) : printFindings(terminal, found));
        if (found.findings.length > 0) exit(1);
      } finally {
        await connection.close();
      }
    });
}

async function investigate(
  call: Awaited<ReturnType<typeof connect>>['call'],
  subject: string | undefined,
): Promise<Found> {
  try {
    return (await call(
      verbNamed('target.investigate'),
      subject === undefined ? {} : { target: subject },
    )) as Found;
  } catch (error) {
    const mayBeIncident = subject !== undefined && /^[0-9a-f-]{4,}$/.test(subject);
    if (!mayBeIncident || !(error instanceof UpkeepError) || error.code !== 'not-found') throw error;
    return (await call(verbNamed('incident.investigate'), { id: subject })) as Found;
  }
}
