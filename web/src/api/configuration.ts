import type { configurationEdit } from '../../../src/verbs/configuration/edit.ts';
import type { AnswerOf } from './answer.ts';
import { useChange } from './changes.ts';
import { request } from './request.ts';

export type ConfigurationEdit = AnswerOf<typeof configurationEdit>;

export interface EditRequest {
  readonly changes: readonly { readonly path: readonly string[]; readonly value: unknown }[];
  readonly write: boolean;
  readonly digest?: string;
}

export function useEditConfiguration() {
  return useChange(
    (body: EditRequest) => request<ConfigurationEdit>('POST', '/configuration/edit', { body }),
    [['journal']],
  );
}
