import { z } from 'zod';

const command = (what: string) => z.array(z.string().min(1)).min(1).describe(what);

const tag = z.strictObject({
  show: command('Program and arguments that print the tag that runs'),
  list: command('Program and arguments that print the tags there are, one a line, the oldest first'),
  switch: command('Program and arguments that put a tag into force; {release} stands for it'),
});

export const deliveryConfig = z
  .object({
    folder: z.string().min(1).optional().describe('Folder that holds one folder for each release'),
    current: z.string().min(1).optional().describe('Link to the release that runs'),
    tag: tag
      .optional()
      .describe('Image tags instead of folders: how they are shown, listed and put into force'),
    reload: command(
      'Program and arguments that make a switched link take effect, without a shell',
    ).optional(),
    cwd: z.string().optional().describe('Folder to run them in; the folder of upkeep.yaml where not given'),
    health: z.string().optional().describe('Name of the target whose answers say whether a release is good'),
    errors: z
      .strictObject({
        target: z.string().min(1),
        metric: z.string().min(1),
        below: z.number().min(0),
      })
      .optional()
      .describe('Gauge of the share of requests that fail, and what it must be below after a rollback'),
  })
  .refine(
    ({ folder, current, tag: tags }) =>
      (tags === undefined) === (folder !== undefined && current !== undefined),
    {
      error: 'declare folder and current (a link), or tag (show, list, switch), one of the two',
    },
  )
  .refine(({ tag: tags }) => tags === undefined || tags.switch.some((part) => part.includes('{release}')), {
    error: 'tag.switch must say where the tag goes: {release}',
  });

export type DeliveryConfig = z.output<typeof deliveryConfig>;
