/** Edits of upkeep.yaml: judged first, written on a second call. */
import type { Problem } from '../../../src/core/configuration.ts';
import type { DiffLine } from '../../../src/core/configuration-file.ts';
import { useChange } from './changes.ts';
import { request } from './request.ts';

export interface ConfigurationEdit {
  readonly file: string;
  /** Of the file as it was read; a later write is refused when it has changed meanwhile. */
  readonly digest: string;
  readonly diff: readonly DiffLine[];
  readonly problems: readonly Problem[];
  readonly isWritten: boolean;
}

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
