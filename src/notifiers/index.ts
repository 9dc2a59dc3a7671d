/** Every channel Upkeep tells people and programs by: one import and one line each. */
import type { NotifierEntry } from '../core/notifier.ts';
import { consoleNotifier } from './console/index.ts';
import { email } from './email/index.ts';
import { pagerduty } from './pagerduty/index.ts';
import { slack } from './slack/index.ts';
import { webhook } from './webhook/index.ts';

export const notifiers: readonly NotifierEntry[] = [consoleNotifier, email, pagerduty, slack, webhook];
