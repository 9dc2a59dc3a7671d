import { z } from 'zod';
import { apiUrl, secretText } from '../../wire/settings.ts';

const phone = z.string().regex(/^\+[1-9]\d{6,14}$/, { error: 'write it as +61400000000' });

export const twilioConfig = z.strictObject({
  account: z.string().regex(/^AC[0-9a-fA-F]{32}$/, { error: 'is no Account SID (AC…)' }),
  token: secretText.describe('Auth token: it signs what comes back, so a key cannot stand in for it there'),
  key: z
    .string()
    .regex(/^SK[0-9a-fA-F]{32}$/, { error: 'is no API key (SK…)' })
    .optional(),
  keySecret: secretText.optional(),
  mode: z.enum(['sms', 'voice']).default('sms').describe('sms: a text · voice: a call that reads it out'),
  from: phone.describe('Number of yours with Twilio'),
  to: phone.optional().describe('Who is told; an address of a person goes before it'),
  voice: z.string().default('Polly.Joanna').describe('Voice of calls'),
  language: z.string().default('en-US').describe('Language of calls'),
  url: apiUrl('https://api.twilio.com'),
});

export type TwilioConfig = z.output<typeof twilioConfig>;
