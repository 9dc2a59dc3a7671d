/** What the API answers beside the views of `src/core/view.ts`. Times are epoch milliseconds. */
import type { Problem } from '../../../src/core/configuration.ts';
import type { Scope } from '../../../src/core/verb.ts';
import type { SignedIn } from '../../../src/core/view.ts';

export type { Scope } from '../../../src/core/verb.ts';
export type { SignedIn } from '../../../src/core/view.ts';

export interface Session {
  readonly account: SignedIn | null;
  readonly needsSetup: boolean;
  /** Providers that one may sign in with. */
  readonly providers: readonly { readonly name: string; readonly label: string }[];
}

export interface ConfigurationView {
  readonly file: string | null;
  readonly text: null;
  readonly loadedAt: number;
  readonly problems: readonly Problem[];
  readonly targets: number;
  readonly services: number;
  readonly notifiers: readonly { readonly name: string; readonly kind: string }[];
}

export interface TokenView {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
}

export interface NewToken {
  readonly id: string;
  readonly token: string;
}

export interface Verification {
  readonly ok: boolean;
  readonly checked: number;
  readonly brokenAt: number | null;
  readonly reason: string | null;
}

export interface DailyReport {
  readonly markdown: string;
  readonly html: string;
}
