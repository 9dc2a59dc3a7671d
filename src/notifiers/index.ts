/** Every channel Upkeep tells people and programs by: one import and one line each. */
import type { NotifierEntry } from '../core/notifier.ts';
import { consoleNotifier } from './console/index.ts';
import { discord } from './discord/index.ts';
import { email } from './email/index.ts';
import { gotify } from './gotify/index.ts';
import { ntfy } from './ntfy/index.ts';
import { opsgenie } from './opsgenie/index.ts';
import { pagerduty } from './pagerduty/index.ts';
import { pushover } from './pushover/index.ts';
import { slack } from './slack/index.ts';
import { teams } from './teams/index.ts';
import { telegram } from './telegram/index.ts';
import { twilio } from './twilio/index.ts';
import { webhook } from './webhook/index.ts';

export const notifiers: readonly NotifierEntry[] = [
  consoleNotifier,
  discord,
  email,
  gotify,
  ntfy,
  opsgenie,
  pagerduty,
  pushover,
  slack,
  teams,
  telegram,
  twilio,
  webhook,
];
