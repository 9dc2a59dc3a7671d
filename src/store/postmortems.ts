/** What people wrote in a post-mortem; everything else of it is made from the journal each time. */
import type { Tx } from './index.ts';

export interface EditedPostmortem {
  /** Text by section. */
  readonly sections: Readonly<Record<string, string>>;
  readonly editedAt: number;
  readonly editedBy: string;
}

export async function read(tx: Tx, incidentId: string): Promise<EditedPostmortem | undefined> {
  const row = await tx
    .selectFrom('postmortems')
    .selectAll()
    .where('incident', '=', incidentId)
    .executeTakeFirst();
  return row && { sections: JSON.parse(row.sections), editedAt: row.edited_at, editedBy: row.edited_by };
}

export async function write(tx: Tx, incidentId: string, edited: EditedPostmortem): Promise<void> {
  const columns = {
    sections: JSON.stringify(edited.sections),
    edited_at: edited.editedAt,
    edited_by: edited.editedBy,
  };
  await tx
    .insertInto('postmortems')
    .values({ incident: incidentId, ...columns })
    .onConflict((conflict) => conflict.column('incident').doUpdateSet(columns))
    .execute();
}
