import type { Command } from 'commander';
import { verbNamed } from '../../verbs/index.ts';
import type { QuestionView } from '../../verbs/question/ask.ts';
import { connect } from '../ask.ts';
import { inZone, machineZone } from '../moments.ts';
import { printAnswer } from '../print/question.ts';
import type { Session } from '../session.ts';
import { jsonText } from '../terminal.ts';
import { askModel, printWords, requireModel } from './investigate-model.ts';

interface InvestigateOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly model?: boolean;
}

const help = `
A question may name a target or a service, a symptom and a time; no model reads it. What could not be
understood is said. Exit code 1 when something is found or fires.

Examples:
  upkeep investigate
  upkeep investigate db
  upkeep investigate "API response times have been degrading since Monday"
  upkeep investigate "errors on shop yesterday between 14:00 and 15:00"
  upkeep investigate 01990d2c --json
  upkeep investigate db --model`;

export function investigateCommand(program: Command, { world, terminal, exit }: Session): void {
  program
    .command('investigate')
    .description('look at now and at the past, and explain, ranked')
    .argument(
      '[question...]',
      'a target, a service, the id of an incident, or a question in plain words; everything when left out',
    )
    .option('-c, --config <file>', 'the configuration')
    .option('--model', 'have the model of the configuration explain as well, with the same tools')
    .option('--json', 'print JSON')
    .addHelpText('after', help)
    .action(async (words: readonly string[], options: InvestigateOptions) => {
      if (options.model) await requireModel(world, options.config);
      const connection = await connect(world, { config: options.config });
      try {
        await connection.glance();
        const answer = await connection.call(verbNamed('question.ask'), { text: words.join(' ') });
        const said = options.model
          ? await askModel(world, options, { subject: words.join(' '), findings: answer })
          : null;
        terminal.out(
          options.json
            ? jsonText(said === null ? answer : { ...(answer as QuestionView), model: said })
            : inZone(terminal, connection.timezone() ?? machineZone(), (terminal) =>
                printAnswer(terminal, answer as QuestionView),
              ),
        );
        if (said !== null && !options.json) terminal.out(printWords(terminal, said));
        const { findings, firing } = answer as QuestionView;
        if (findings.length > 0 || firing.length > 0) exit(1);
      } finally {
        await connection.close();
      }
    });
}
