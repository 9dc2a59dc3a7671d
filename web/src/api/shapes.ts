import type { SignedIn } from '../../../src/core/view.ts';
import type { auditVerify } from '../../../src/verbs/audit/verify.ts';
import type { configurationShow } from '../../../src/verbs/configuration/show.ts';
import type { reportDaily } from '../../../src/verbs/report/daily.ts';
import type { tokenCreate } from '../../../src/verbs/token/create.ts';
import type { tokenList } from '../../../src/verbs/token/list.ts';
import type { AnswerOf } from './answer.ts';

export type { Scope } from '../../../src/core/verb.ts';
export type { SignedIn } from '../../../src/core/view.ts';

export interface Session {
  readonly account: SignedIn | null;
  readonly needsSetup: boolean;
  /** Providers that one may sign in with. */
  readonly providers: readonly { readonly name: string; readonly label: string }[];
}

export type ConfigurationView = AnswerOf<typeof configurationShow>;

export type TokenView = AnswerOf<typeof tokenList>[number];

export type NewToken = AnswerOf<typeof tokenCreate>;

export type Verification = AnswerOf<typeof auditVerify>;

export type DailyReport = AnswerOf<typeof reportDaily>;
