import { z } from 'zod';
import { apiUrl, secretText, webAddress } from '../../wire/settings.ts';

export const apiOfSlack = 'https://slack.com/api';

export const slackConfig = z
  .strictObject({
    token: secretText.optional().describe('Bot token (xoxb-…): messages are updated in place'),
    channel: z
      .string()
      .min(1)
      .optional()
      .describe('Id (C…) or name of the channel; an address of a person goes before it'),
    webhook: webAddress
      .optional()
      .describe('Incoming webhook instead of token and channel; its messages cannot be updated'),
    signingSecret: secretText
      .optional()
      .describe('Proves that a pressed button comes from Slack; without it the buttons are links'),
    approvers: z
      .array(z.string().regex(/^[UW][A-Z0-9]+$/, { error: 'write the id of a member, U…' }))
      .default([])
      .describe('Members who may approve and deny with a button; nobody where left out'),
    url: apiUrl(apiOfSlack),
  })
  .refine(({ token, channel, webhook }) => (webhook ? !token && !channel : token && channel), {
    error: 'needs either token and channel, or webhook',
  });

export type SlackConfig = z.output<typeof slackConfig>;
