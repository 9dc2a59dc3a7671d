/** What every verb may use; made once by the composition root. */
import type { z } from 'zod';
import type { Configuration, Problem } from '../core/configuration.ts';
import type { ConfigurationFile } from '../core/configuration-file.ts';
import type { Policy } from '../core/guard.ts';
import { inputProblems } from '../core/input-words.ts';
import type { EndBefore } from '../core/own-end.ts';
import type { Rule } from '../core/rule.ts';
import type { Gap } from '../core/schedule.ts';
import type { Clock } from '../core/time.ts';
import { needsAct, UpkeepError, type Verb } from '../core/verb.ts';
import type { Actor } from '../pipeline/act.ts';
import type { Assessor } from '../pipeline/assess.ts';
import type { Estate } from '../pipeline/bound.ts';
import type { Diagnostician } from '../pipeline/diagnose.ts';
import type { Pipeline } from '../pipeline/index.ts';
import type { Intake } from '../pipeline/intake/index.ts';
import type { Ledger } from '../pipeline/ledger.ts';
import type { Links } from '../pipeline/links.ts';
import type { Notifications } from '../pipeline/notify.ts';
import type { Picture } from '../pipeline/picture.ts';
import type { Recovery } from '../practices/recovery/index.ts';
import type { StatusPage } from '../practices/status-page/index.ts';
import type { Store } from '../store/index.ts';
import type { SampleStore } from '../store/samples/index.ts';

export interface VerbContext {
  readonly clock: Clock;
  readonly store: Store;
  readonly samples: SampleStore;
  readonly picture: Picture;
  readonly dueAt: Pipeline['dueAt'];
  readonly assessor: Assessor;
  readonly actor: Actor;
  readonly diagnostician: Diagnostician;
  readonly notifications: Pick<Notifications, 'breaker' | 'sendNow' | 'receive'>;
  readonly links: Links;
  readonly intake: Intake;
  readonly ledger: Ledger;
  readonly logs: Pipeline['logs'];
  readonly rules: Pipeline['rules'];
  readonly objectives: Pipeline['objectives'];
  readonly recovery: Recovery;
  /** The rule with settings as they would stand in upkeep.yaml; YAML. */
  overrideRule(
    rule: Rule,
    settings: string,
  ): { readonly rule: Rule } | { readonly problems: readonly string[] };
  /** A policy as it would stand below `guard:`; YAML. */
  readPolicy(text: string): { readonly policy: Policy } | { readonly problems: readonly string[] };
  readonly statusPage: StatusPage;
  estate(): Estate;
  configuration(): Configuration;
  /** How the configuration was read last; `problems` is not empty while an edit is broken and the old one stays in force. */
  reading(): {
    readonly file: string | null;
    readonly loadedAt: number;
    readonly problems: readonly Problem[];
  };
  /** Null where it runs without a file, or nobody may edit it. */
  readonly configurationFile: ConfigurationFile | null;
  gaps(): readonly Gap[];
  /** Where links of messages begin. */
  baseUrl(): string;
  /** For after a change outside the pipeline's own. */
  changed(): void;
  newId(): string;
  newSecret(): string;
  digest(text: string): string;
  readonly version: string;
  readonly startedAt: number;
  /** How the run before ended where nobody told it to; null elsewhere. */
  readonly endedBefore: EndBefore | null;
}

export function defineVerb<Input extends z.ZodObject, Output>(
  verb: Verb<VerbContext, Input, Output>,
): Verb<VerbContext, Input, Output> {
  return verb;
}

/** A verb whose input and output types are closed over. */
export interface AnyVerb extends Omit<Verb<VerbContext>, 'run'> {
  call(
    ctx: VerbContext,
    raw: unknown,
    actor: Parameters<Verb<VerbContext>['run']>[0]['actor'],
  ): Promise<unknown>;
}

/** Why a model may not call it, and what would let it. */
export function actWords({ name }: { readonly name: string }): string {
  return `${name} takes effect at once, which a model may only with the scope act: read and propose, or ask a person to run upkeep ${name.replace('.', ' ')}`;
}

export function seal<Input extends z.ZodObject, Output>(verb: Verb<VerbContext, Input, Output>): AnyVerb {
  return {
    ...verb,
    async call(ctx, raw, actor) {
      if (verb.credential && actor.through === 'model')
        throw new UpkeepError(
          'not-allowed',
          `${verb.name} handles a credential, which no model may: use upkeep ${verb.name.replace('.', ' ')} yourself`,
        );
      if (actor.through === 'model' && needsAct(verb) && !actor.scopes.includes('act'))
        throw new UpkeepError('not-allowed', actWords(verb));
      const { data, error } = verb.input.safeParse(raw);
      if (error) throw new UpkeepError('bad-input', inputProblems(error, verb.input).join('; '));
      return verb.run({ ctx, input: data, actor });
    },
  };
}
